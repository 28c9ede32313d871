import { parseArgs } from 'node:util';
import { rows } from './bench/rows.ts';
import { reportJson, reportLines, type Reported } from './bench/report.ts';
import { isMet } from './bench/row.ts';

// npm run bench [-- row… --json --large]: measures, and prints every figure beside what it is held against. It never fails for
// a goal that is missed: machines differ, and people judge.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
  },
});
const known = rows.map(({ row }) => String(row));
const unknown = positionals.filter((row) => !known.includes(row));
if (values.help || unknown.length > 0) {
  const not = unknown.length === 0 ? '' : `, not ${unknown.join(', ')}`;
  process.stderr.write(`usage: npm run bench [-- ROW… --json --large]; rows are ${known.join(', ')}${not}\n`);
  process.exit(values.help ? 0 : 2);
}

const reports: Reported[] = [];
for (const row of rows.filter((each) => positionals.length === 0 || positionals.includes(String(each.row)))) {
  const begun = performance.now();
  if (!values.json) process.stderr.write(`row ${row.row} …\r`);
  const report = await row.run(values.tiny ? 'tiny' : 'full', values.large);
  const reported = { row, ...report, seconds: (performance.now() - begun) / 1000 };
  reports.push(reported);
  if (!values.json) process.stdout.write(`${reportLines(reported).join('\n')}\n`);
}
if (values.json) process.stdout.write(`${JSON.stringify(reports.map(reportJson), undefined, 2)}\n`);
else {
  const verdicts = reports.flatMap((report) => report.verdicts);
  process.stdout.write(`${verdicts.filter(isMet).length} of ${verdicts.length} goals met\n`);
}
