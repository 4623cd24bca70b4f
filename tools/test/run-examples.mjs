// Runs modules one after the other in this process, and prints as JSON what each has printed, with the error that it threw.
// An example takes less time than the packages that it loads. usage: node run-examples.mjs <file>…
import { AsyncLocalStorage } from 'node:async_hooks';
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

/** The output of the module whose code runs. @type {AsyncLocalStorage<string[]>} */
const current = new AsyncLocalStorage();
console.log = (...values) => void current.getStore()?.push(format(...values));

const files = process.argv.slice(2);
const outputs = files.map(() => /** @type {string[]} */ ([]));
// A module may print after its last statement: until nothing is left to do.
process.on('exit', () => writeSync(1, JSON.stringify(outputs.map((lines) => lines.join('\n')))));
for (const [place, file] of files.entries()) {
  const output = outputs[place] ?? [];
  await current.run(output, () => import(pathToFileURL(file).href)).catch((error) => output.push(`${error}`));
}
