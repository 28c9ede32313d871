import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { composeReferral, transfer } from '../support/forged-bundle.ts';
import { wordOf } from '../support/peer-requests.ts';
import { openHospitals } from '../support/two-hospitals.ts';

test('a referral with attachments crosses and is shown', async () => {
  await using two = await openHospitals();
  const [alder, birch] = [two.at('alder'), two.at('birch')];
  const files = [new Uint8Array(randomBytes(3000)), new Uint8Array(0)];
  const { reply } = await transfer(alder, birch, await composeReferral(alder, birch, files));
  expect([wordOf(reply), birch.takeFailures()]).toEqual(['200', []]);
});
