import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { colors } from "../output.ts";

export function defineRevoke(program: Command): void {
  program
    .command("revoke")
    .description("take a revocable text back, if it was not delivered yet")
    // An id may begin with a dash.
    .allowUnknownOption()
    .argument("<id>", "the id that send gave")
    .action((id: string, _options: object, command: Command) =>
      onDevice(command, async (device, output) => {
        const { state, proof } = await device.revoke(id).catch((error: unknown) => {
          if (error instanceof RangeError)
            throw new Failure(
              "unknown-id",
              "No revocable text is known by this id. Use the one that send gave.",
            );
          throw error;
        });
        if (state === "revoked")
          return output.result(
            { id, state, ...(proof !== undefined && { proof }) },
            `${colors.green("Revoked.")} The relay's signed word that nobody will be given it:\n${proof ?? ""}`,
          );
        await output.result({ id, state }, `${colors.yellow("Not revoked.")} Its state: ${state}`);
        if (state === "delivered")
          throw new Failure("already-delivered", "It was delivered before it could be taken back.");
        throw new Failure("not-revoked", "It could not be taken back; see its state.");
      }),
    );
}
