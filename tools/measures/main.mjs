// Prints the measures of every package. usage: node tools/measures/main.mjs [--undocumented]
import { quantile } from './measure.mjs';
import { measurePackages } from './packages.mjs';

const packages = measurePackages();
const rows = packages.map(({ name, exportCount, undocumented, assertionCount, functions, fileLines }) => {
  const lines = fileLines.map((file) => file.lines);
  const lengths = functions.map((each) => each.lines);
  return {
    name,
    files: lines.length,
    lines: lines.reduce((sum, each) => sum + each, 0),
    'lines/file': `${quantile(lines, 0.5)} / ${Math.max(...lines)}`,
    'lines/function': `${quantile(lengths, 0.5)} / ${quantile(lengths, 0.9)} / ${Math.max(0, ...lengths)}`,
    documented: `${exportCount - undocumented.length} of ${exportCount}`,
    'assertions/function': (assertionCount / Math.max(1, functions.length)).toFixed(2),
  };
});
const all = packages.flatMap(({ fileLines }) => fileLines.map(({ lines }) => lines));
const allLengths = packages.flatMap(({ functions }) => functions.map(({ lines }) => lines));
console.table(rows);
console.log(`lines per file: median ${quantile(all, 0.5)}, largest ${Math.max(...all)}; ${all.length} files`);
console.log(
  `lines per function: median ${quantile(allLengths, 0.5)}, p90 ${quantile(allLengths, 0.9)}, largest ${Math.max(...allLengths)}`,
);
if (process.argv.includes('--undocumented'))
  for (const { undocumented } of packages) for (const each of undocumented) console.log(each);
