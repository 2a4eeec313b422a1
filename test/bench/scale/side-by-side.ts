/** Several relays as one: each has its share of the mailboxes, in turn. */
import type { RestanteSubject } from "../subjects/restante.ts";
import type { Subject } from "../throughput/subject.ts";

/** @param subjects at least one */
export function sideBySide(subjects: readonly RestanteSubject[]): Subject & { close(): void } {
  const [first] = subjects;
  if (first === undefined) throw new RangeError("no relay");
  const count = subjects.length;
  /** Of the first so many mailboxes, those of one relay. */
  const share = (mailboxes: number, index: number) => Math.ceil((mailboxes - index) / count);
  const all = async (work: (subject: RestanteSubject, index: number) => Promise<void>) => {
    await Promise.all(subjects.map(work));
  };
  return {
    name: first.name,
    shapes: first.shapes,
    settings: first.settings,
    prepare: (mailboxes) => all((subject, i) => subject.prepare(share(mailboxes, i))),
    deposit: (mailbox, body) =>
      (subjects[mailbox % count] ?? first).deposit(Math.floor(mailbox / count), body),
    connect: (mailboxes, arrived) => all((subject, i) => subject.connect(share(mailboxes, i), arrived)),
    disconnect: () => all((subject) => subject.disconnect()),
    drain: (counts) => all((subject, i) => subject.drain(counts.filter((_, at) => at % count === i))),
    usage() {
      const usages = subjects.map((subject) => subject.usage());
      const sum = (of: "cpu" | "written" | "memory") => usages.reduce((total, usage) => total + usage[of], 0);
      return { cpu: sum("cpu"), written: sum("written"), memory: sum("memory") };
    },
    close() {
      for (const subject of subjects) subject.close();
    },
    stop: () => all((subject) => subject.stop()),
  };
}
