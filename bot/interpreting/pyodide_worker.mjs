// Runs inside the sandbox, in Node: loads Pyodide and lets our worker run in it as it does elsewhere.
//
// Words: the folder of Pyodide, a folder of our code, the bytes a snippet may take and the
// milliseconds it has. The worker finds the channel as two files, so Python needs no JavaScript
// object; both ends block, and nothing has to be awaited.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

const [folder, ours, memoryBytes, limitMs] = process.argv.slice(2);
const [reads, writes] = process.env.CHANGEWRIGHT_CHANNEL.split(",").map(Number);
const PAGE_BYTES = 65_536;
const CODE = "/code";
const RUNNING = 0;
const FIRED = 1;

// Shared with the watchman: whether a snippet runs, whether it was interrupted; until when it may.
const flags = new Int32Array(new SharedArrayBuffer(8));
const until = new Float64Array(new SharedArrayBuffer(8));
const interrupt = new Uint8Array(new SharedArrayBuffer(1));
const WATCHMAN = `
  const { workerData: { flags, until, interrupt } } = require("node:worker_threads");
  for (;;) {
    Atomics.wait(flags, ${RUNNING}, 0);
    Atomics.wait(flags, ${RUNNING}, 1, 10);
    if (Atomics.load(flags, ${RUNNING}) && Date.now() > until[0]) {
      Atomics.store(flags, ${FIRED}, 1);
      Atomics.store(interrupt, 0, 2);
      Atomics.wait(flags, ${RUNNING}, 1);
    }
  }`;

const channel = {
  // What is waited for here is our own time, not the snippet's.
  read(_stream, buffer, offset, length) {
    const began = Date.now();
    const got = fs.readSync(reads, buffer, offset, length);
    until[0] += Date.now() - began;
    return got;
  },
  write(_stream, buffer, offset, length) {
    return fs.writeSync(writes, buffer, offset, length);
  },
};

const stopwatch = {
  read(_stream, buffer, offset) {
    buffer[offset] = 48 + Atomics.load(flags, FIRED);
    return 1;
  },
  write(_stream, buffer, offset) {
    const begins = buffer[offset] === 49;
    Atomics.store(interrupt, 0, 0);
    if (begins) {
      Atomics.store(flags, FIRED, 0);
      until[0] = Date.now() + Number(limitMs);
    }
    Atomics.store(flags, RUNNING, begins ? 1 : 0);
    Atomics.notify(flags, RUNNING);
    return 1;
  },
};

function device(FS, minor, name, operations) {
  const number = FS.makedev(64, minor);
  FS.registerDevice(number, { open() {}, close() {}, ...operations });
  FS.mkdev(name, number);
}

function boundMemory(more) {
  const grow = WebAssembly.Memory.prototype.grow;
  let most;
  WebAssembly.Memory.prototype.grow = function (pages) {
    most ??= this.buffer.byteLength + more;
    if (this.buffer.byteLength + pages * PAGE_BYTES > most) throw new RangeError("memory");
    return grow.call(this, pages);
  };
}

const { loadPyodide } = await import(pathToFileURL(path.join(folder, "pyodide.mjs")));
const pyodide = await loadPyodide({ env: { HOME: "/home", PYTHONHASHSEED: "0" } });
new Worker(WATCHMAN, { eval: true, workerData: { flags, until, interrupt } });
pyodide.setInterruptBuffer(interrupt);
device(pyodide.FS, 0, "/dev/changewright-channel", channel);
device(pyodide.FS, 1, "/dev/changewright-stopwatch", stopwatch);
pyodide.mountNodeFS(CODE, path.dirname(ours));
boundMemory(Number(memoryBytes));
pyodide.runPython(`
import os, sys
sys.path.append("${CODE}")
ends = [os.open("/dev/changewright-channel", how) for how in (os.O_RDONLY, os.O_WRONLY)]
os.environ["CHANGEWRIGHT_CHANNEL"] = "{},{}".format(*ends)
from bot.interpreting.worker import main
main(["pyodide"])
`);
process.exit(0);
