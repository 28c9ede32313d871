import { makePatientsCsv } from './demo/patients.ts';

// Writes invented patients as CSV to standard output: node scripts/make-patients.ts [COUNT [SEED]] > patients.csv
const [count = '200', seed = '1'] = process.argv.slice(2);
if (!/^[0-9]{1,6}$/.test(count) || !/^[0-9]{1,9}$/.test(seed)) {
  process.stderr.write('usage: node scripts/make-patients.ts [COUNT [SEED]]\n');
  process.exitCode = 2;
} else {
  process.stdout.write(makePatientsCsv(Number(count), Number(seed)));
}
