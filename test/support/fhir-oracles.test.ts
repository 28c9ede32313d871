import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { askOracles } from './fhir-oracles.ts';
const f = (p: string) => JSON.parse(readFileSync(`/work/shared/fhir/${p}`, 'utf8')) as unknown;
test.each(['sample-referral.json','sample-event-accepted.json','sample-event-completed.json',...['01-header-not-first','03-coverage-no-payor','04-bad-birthdate','13-task-status-unknown','06-two-onsets'].map(x=>`invalid/${x}.json`)])('%s', (p) => {
  const t = Date.now();
  const r = askOracles(f(p));
  console.log(p, Date.now()-t, Object.entries(r).map(([k,v])=>k+' '+(v as string[]).length+' '+((v as string[])[0]??'')).join('; '));
});
