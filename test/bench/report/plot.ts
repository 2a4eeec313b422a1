/** Bars as SVG, a panel a case: Restante's stand out, the others are what they are compared with. */
import type { Figure } from "../throughput/figures.ts";
import { whole } from "./table.ts";

const PANEL = { width: 420, gap: 40, title: 34 };
const BAR = { height: 15, step: 21, label: 140, value: 66 };
const COLUMNS = 2;
const MARGIN = 24;
const FOOT = 30;
const COLORS = { own: "#0b6e4f", floor: "#8a94a6", peer: "#c3a265", text: "#57606a", spread: "#1f2328" };

export function plotSvg(figures: readonly Figure[], caption: string): string {
  const panels = [...Map.groupBy(figures, (figure) => figure.case)];
  const most = Math.max(...panels.map(([, list]) => list.length));
  const panelHeight = PANEL.title + most * BAR.step + PANEL.gap;
  const width = 2 * MARGIN + COLUMNS * PANEL.width + (COLUMNS - 1) * PANEL.gap;
  const height = MARGIN + Math.ceil(panels.length / COLUMNS) * panelHeight + FOOT;
  const body = panels.map(([name, list], i) => {
    const x = MARGIN + (i % COLUMNS) * (PANEL.width + PANEL.gap);
    const y = MARGIN + Math.floor(i / COLUMNS) * panelHeight;
    return `<g transform="translate(${x} ${y})">${panel(name, list)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    "<title>Messages a second, by case</title>",
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...body,
    `<text x="${MARGIN}" y="${height - 12}" fill="${COLORS.text}" font-size="11">${escaped(caption)}</text>`,
    "</svg>\n",
  ].join("\n");
}

/** Each panel has its own scale: cases differ by more than subjects do. */
function panel(name: string, list: readonly Figure[]): string {
  const sorted = list.toSorted((a, b) => b.rate.median - a.rate.median);
  const greatest = Math.max(...sorted.map(({ rate }) => rate.high), 1);
  const scale = (PANEL.width - BAR.label - BAR.value) / greatest;
  const bars = sorted.map(({ subject, rate }, i) => {
    const y = PANEL.title + i * BAR.step;
    const middle = y + BAR.height / 2;
    const end = BAR.label + rate.median * scale;
    const [low, high] = [BAR.label + rate.low * scale, BAR.label + rate.high * scale];
    return [
      `<text x="${BAR.label - 8}" y="${middle + 4}" text-anchor="end" fill="${COLORS.text}">${escaped(subject)}</text>`,
      `<rect x="${BAR.label}" y="${y}" width="${point(end - BAR.label)}" height="${BAR.height}" fill="${colorOf(subject)}"/>`,
      `<path d="M${point(low)} ${middle}H${point(high)}" stroke="${COLORS.spread}"/>`,
      `<text x="${point(high + 6)}" y="${middle + 4}" fill="${COLORS.text}">${whole(rate.median)}</text>`,
    ].join("");
  });
  return `<text y="14" font-weight="600" fill="${COLORS.spread}">${escaped(name)}</text>${bars.join("\n")}`;
}

function colorOf(subject: string): string {
  if (subject.startsWith("Restante")) return COLORS.own;
  return subject.startsWith("bare") ? COLORS.floor : COLORS.peer;
}

function point(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
