// Starts the emulator on a free port of 127.0.0.1, says where, and ends when its input does: so it
// never outlives the process that started it. Arguments: the package's api.js, the seed.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [api, seed] = process.argv.slice(2);
const { createEmulator } = await import(pathToFileURL(api).href);
const emulator = await createEmulator({
  service: "github",
  port: 0,
  hostname: "127.0.0.1",
  seed: JSON.parse(readFileSync(seed, "utf8")),
});
process.stdout.write(`${emulator.url}\n`);
process.stdin.on("end", () => process.exit(0)).resume();
