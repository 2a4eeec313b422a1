/** `npm run data-map`: takes what the schemas say of their columns into the relay's data map. */
import { writeFile } from "node:fs/promises";
import { COLUMNS_FILE, columnsModule } from "./columns.ts";

await writeFile(COLUMNS_FILE, await columnsModule());
