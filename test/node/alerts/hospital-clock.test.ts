import { afterEach, beforeEach, expect, test } from 'vitest';
import { OperationError } from '../../../node/platform/operation-error.ts';
import { openSmtpMail } from '../../../node/platform/smtp-mail.ts';
import { openSmtpStation, type SmtpStation } from '../../support/smtp.ts';
import { administrator, doctor, openAlertNode, type AlertNode } from './alert-node.ts';

let smtp: SmtpStation;
let alder: AlertNode;
beforeEach(async () => {
  smtp = await openSmtpStation();
  alder = await openAlertNode(openSmtpMail({ host: '127.0.0.1', port: smtp.port, tls: 'none', timeoutMs: 400 }));
});
afterEach(async () => {
  const { failures } = alder;
  await alder[Symbol.asyncDispose]();
  await smtp[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

const setZone = (timeZone: string) => alder.node.settings.change(administrator, { timeZone });

test('the mail tells the time by the hospital’s clock; what was confirmed leaves as shown, whatever is set then', async () => {
  await setZone('Asia/Kolkata');
  const request = { by: doctor, station: alder.near.id, caseNumber: 'FIR 12/2026', reason: 'Assault', recordTexts: [] };
  const shown = await alder.node.alerts.preview({ ...request, about: {} });
  if (shown.state !== 'shown') throw new Error('not shown');
  const { mail, token } = shown.preview;
  expect(mail.text).toContain('\nTime: 2026-09-14 13:30:00 UTC+05:30\n');
  await alder.node.alerts.confirm(doctor, token);
  await setZone('America/New_York');
  await alder.step();
  expect(smtp.taken.map(({ text }) => text.trimEnd())).toEqual([mail.text.trimEnd()]);
});

test('a preview by another clock than the hospital’s is not sent', async () => {
  const token = await alder.preview();
  await setZone('Asia/Kolkata');
  const refused = await alder.node.alerts.confirm(doctor, token).catch((error: unknown) => error);
  expect(refused instanceof OperationError ? refused.code : refused).toBe('preview-outdated');
  await setZone('');
  await alder.node.alerts.confirm(doctor, token);
  await alder.step();
  expect(smtp.taken).toHaveLength(1);
});

test('a case number has the year that it is at the hospital', async () => {
  alder.clock.advance(Date.parse('2026-12-31T20:00:00Z') - alder.clock.now());
  await alder.alert();
  expect(await alder.node.alerts.proposeCaseNumber()).toBe('PC-2026-0002');
  await setZone('Asia/Kolkata');
  expect(await alder.node.alerts.proposeCaseNumber()).toBe('PC-2027-0002');
  await setZone('America/New_York');
  expect(await alder.node.alerts.proposeCaseNumber()).toBe('PC-2026-0002');
});

test('the zone is what was set last, also after a restart, and UTC again when it is emptied', async () => {
  const zone = async () => (await alder.node.settings.zone()).name;
  expect(await zone()).toBe('UTC');
  await Promise.all([zone(), setZone(' asia/kolkata '), zone()]);
  expect(await zone()).toBe('Asia/Kolkata');
  await alder.restart();
  expect(await zone()).toBe('Asia/Kolkata');
  expect(await setZone('Nowhere')).toMatchObject({ state: 'refused', faults: [{ field: 'timeZone' }] });
  expect(await zone()).toBe('Asia/Kolkata');
  await setZone('');
  expect(await zone()).toBe('UTC');
});
