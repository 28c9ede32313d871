import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { distanceKm } from '../../../node/alerts/distance.ts';
import { importStationFile } from '../../../node/operations/administration.ts';
import { operations } from '../../../node/operations/table.ts';
import { streamOnce } from '../../../node/platform/files.ts';
import { sha256 } from '../../../protocol/crypto/hash.ts';
import { toBase64Url, utf8 } from '../../../protocol/bytes.ts';
import { administrator, farInput, nearInput, openAlertNode, type AlertNode } from './alert-node.ts';

let alder: AlertNode;
beforeEach(async () => {
  alder = await openAlertNode(undefined);
});
afterEach(async () => {
  await alder[Symbol.asyncDispose]();
});

const header = 'name,address,telephone,email,latitude,longitude,active';
const importing = (...lines: readonly string[]) =>
  importStationFile(alder.node, administrator, streamOnce(utf8(lines.join('\n'))));

describe('the list of stations', () => {
  test('is proposed nearest first, those without coordinates behind, those not in use not at all', async () => {
    await alder.node.stations.add(administrator, { ...nearInput, name: 'Nowhere', latitude: '', longitude: '' });
    const closed = await alder.node.stations.add(administrator, { ...nearInput, name: 'Closed', active: 'no' });
    expect(closed).toMatchObject({ state: 'saved', station: { active: false } });
    const near = await alder.node.stations.nearest();
    expect(near.map(({ station }) => station.name)).toEqual([nearInput.name, farInput.name, 'Nowhere']);
    expect(near.map((each) => each.distanceKm?.toFixed(1))).toEqual(['1.3', '78.9', undefined]);
  });

  test('without coordinates of the hospital has no distances, and is still there', async () => {
    await alder.node.settings.change(administrator, { latitude: '', longitude: '' });
    const near = await alder.node.stations.nearest();
    expect(near.map((each) => each.distanceKm)).toEqual([undefined, undefined]);
  });

  test('keeps two stations of one name apart, and half a position out', async () => {
    const twin = await alder.node.stations.add(administrator, nearInput);
    expect(twin).toMatchObject({ state: 'refused', faults: [{ field: 'name' }] });
    const half = await alder.node.stations.add(administrator, { ...nearInput, name: 'Half', longitude: '' });
    expect(half).toMatchObject({ state: 'refused', faults: [{ field: 'longitude' }] });
  });

  test('does not lose one of two edits', async () => {
    const { id } = alder.near;
    await alder.node.stations.change(administrator, id, 1, { ...nearInput, telephone: '+1 555 0111' });
    await expect(
      alder.node.stations.change(administrator, id, 1, { ...nearInput, telephone: '+1 555 0222' }),
    ).rejects.toMatchObject({ kind: 'conflict', code: 'changed-meanwhile' });
    expect((await alder.node.stations.get(id)).telephone).toBe('+1 555 0111');
  });

  test('logs each changed field with old and new value, and nothing for a form saved unchanged', async () => {
    const before = (await alder.records('audit')).length;
    const { id } = alder.near;
    await alder.node.stations.change(administrator, id, 1, nearInput);
    expect(await alder.records('audit')).toHaveLength(before);
    await alder.node.stations.change(administrator, id, 1, { ...nearInput, telephone: '+1 555 0111', name: 'Élm' });
    expect((await alder.records('audit')).slice(before)).toEqual([
      {
        act: 'station-changed',
        id,
        setting: 'name',
        old: nearInput.name,
        new: `sha256 ${toBase64Url(sha256(utf8('Élm')))}`,
        by: administrator.id,
        at: '2026-09-14T08:00:00Z',
      },
      expect.objectContaining({ setting: 'telephone', old: '+1 555 0110', new: '+1 555 0111' }),
    ]);
    const [latest] = await alder.node.adminChanges.list(1);
    expect(latest).toMatchObject({ name: 'telephone', new: '+1 555 0111', by: administrator });
  });
});

describe('a CSV file of stations', () => {
  test('adds, changes by name and leaves alone what is the same', async () => {
    const rows = [
      `${nearInput.name},12 Elm Street; 1010 Alder,+1 555 0110,desk@elm.station.test,47.5,19.05,yes`,
      `${farInput.name},1 Harbour Road; 1090 Alder,+1 555 0191,desk@harbour.station.test,47.9,19.9,no`,
      'Mill Lane,3 Mill Lane,+1 555 0120,desk@mill.station.test,,,',
    ];
    expect(await importing(header, ...rows)).toEqual({ state: 'imported', added: 1, changed: 1, unchanged: 1 });
    expect(await importing(header, ...rows)).toEqual({ state: 'imported', added: 0, changed: 0, unchanged: 3 });
    expect((await alder.node.stations.list()).map(({ name, active }) => [name, active])).toEqual([
      [nearInput.name, true],
      [farInput.name, false],
      ['Mill Lane', true],
    ]);
  });

  test('with one wrong line changes nothing, and every fault has its line and column', async () => {
    const imported = await importing(
      header,
      'Good,1 Street,+1 555 0120,desk@good.test,1,1,yes',
      'Bad,2 Street,not a number,"a@b.test, evil@example.org",1,1,yes',
      '"Two',
      'lines",3 Street,+1 555 0121,desk@two.test,91,1,maybe',
      'Good,4 Street,+1 555 0122,desk@again.test,,,',
    );
    expect(imported).toMatchObject({ state: 'refused' });
    const faults = imported.state === 'refused' ? imported.faults : [];
    expect(faults.map(({ line, field }) => [line, field])).toEqual([
      [3, 'telephone'],
      [3, 'email'],
      [4, 'name'],
      [4, 'latitude'],
      [4, 'active'],
      [6, 'name'],
    ]);
    expect(JSON.stringify(faults)).not.toContain('evil');
    expect(await alder.node.stations.list()).toHaveLength(2);
  });

  test.each([
    ['nothing', '', /no station/],
    ['a header alone', header, /no station/],
    ['an unknown column', `${header},colour\nA,1,+1 555 0120,a@b.test,,,,red`, /only these columns/],
    ['a column twice', `${header},name\nA,1,+1 555 0120,a@b.test,,,,B`, /stands twice/],
    ['a missing column', 'name,address,telephone\nA,1,+1 555 0120', /email is missing/],
    ['semicolons', `${header.replaceAll(',', ';')}\nA;1;+1 555 0120;a@b.test;;;`, /not parted by commas; save it as/],
    ['a column without a name', `${header},\nA,1,+1 555 0120,a@b.test,,,,red`, /only these columns/],
  ])('with %s is refused', async (_, text, words) => {
    const imported = await importing(text);
    expect(imported.state === 'refused' && imported.faults[0]?.message).toMatch(words);
  });

  test('takes the empty columns that a spreadsheet adds', async () => {
    const text = `${header},,\r\nSpread,1 Sheet Street,+1 555 0188,desk@spread.test,,,,,\r\n,,,,,,,,\r\n`;
    expect(await importing(text)).toMatchObject({ state: 'imported', added: 1 });
  });

  test('through the door of the machine is refused in one sentence', async () => {
    const bytes = streamOnce(utf8(`${header}\nA,1,x,a@b.test,,,`));
    await expect(operations['station.import'].run(alder.node, {}, bytes)).rejects.toMatchObject({
      code: 'bad-stations',
      message: expect.stringMatching(/^In line 2: telephone .*Nothing was stored\.$/) as string,
    });
  });
});

describe('departments', () => {
  test('are added, changed and taken out of use, each change logged', async () => {
    const { departments } = alder.node;
    const before = (await alder.records('audit')).length;
    const card = { code: 'card', name: 'Cardiology', answer_hours: '24' };
    expect(await departments.add(administrator, card)).toMatchObject({
      state: 'saved',
      department: { code: 'CARD', answerHours: 24, active: true },
    });
    expect(await departments.add(administrator, card)).toMatchObject({ state: 'refused', faults: [{ field: 'code' }] });
    await departments.change(administrator, 'CARD', 1, { ...card, active: 'no', answer_hours: '' });
    expect(await departments.list()).toEqual([
      { code: 'CARD', name: 'Cardiology', active: false, answerHours: undefined, version: 2 },
    ]);
    const records = (await alder.records('audit')).slice(before);
    expect(records.map(({ setting, old, new: to }) => [setting, old, to])).toEqual([
      ['name', '', 'Cardiology'],
      ['active', '', 'yes'],
      ['answer_hours', '', '24'],
      ['active', 'yes', 'no'],
      ['answer_hours', '24', ''],
    ]);
    await expect(departments.change(administrator, 'CARD', 1, card)).rejects.toMatchObject({
      code: 'changed-meanwhile',
    });
    await expect(departments.get('NONE')).rejects.toMatchObject({ code: 'unknown-department' });
  });

  test.each([
    [{ code: '', name: 'A' }, 'code'],
    [{ code: 'A B', name: 'A' }, 'code'],
    [{ code: 'X'.repeat(17), name: 'A' }, 'code'],
    [{ code: 'A', name: '' }, 'name'],
    [{ code: 'A', name: 'a\r\nb' }, 'name'],
    [{ code: 'A', name: 'A', answer_hours: '0' }, 'answer_hours'],
    [{ code: 'A', name: 'A', answer_hours: '8761' }, 'answer_hours'],
    [{ code: 'A', name: 'A', answer_hours: '1.5' }, 'answer_hours'],
  ])('%j is refused', async (input, field) => {
    expect(await alder.node.departments.add(administrator, input)).toMatchObject({
      state: 'refused',
      faults: [{ field }],
    });
  });
});

describe('settings', () => {
  test('have defaults until somebody sets them, and again when they are emptied', async () => {
    const { settings } = alder.node;
    expect(await settings.values()).toMatchObject({
      hospitalName: 'St. Alder Hospital',
      mailFrom: 'fernpost@alder.example',
      caseNumberPrefix: 'PC',
      unsentMinutes: '5',
    });
    await settings.change(administrator, { caseNumberPrefix: 'ald' });
    expect(await alder.node.alerts.proposeCaseNumber()).toBe('ALD-2026-0001');
    await settings.change(administrator, { caseNumberPrefix: '' });
    expect((await settings.values()).caseNumberPrefix).toBe('PC');
  });

  test('each change is one leaf with old and new value and who did it', async () => {
    const before = (await alder.records('audit')).length;
    await alder.node.settings.change(administrator, { callBackNumber: '+1 555 0101', caseNumberPrefix: 'ALD' });
    expect((await alder.records('audit')).slice(before)).toEqual([
      {
        act: 'setting-changed',
        setting: 'callBackNumber',
        old: '+1 555 0100',
        new: '+1 555 0101',
        by: administrator.id,
        at: '2026-09-14T08:00:00Z',
      },
      expect.objectContaining({ setting: 'caseNumberPrefix', old: '', new: 'ALD' }),
    ]);
  });

  test('are changed all together or not at all', async () => {
    const given = { callBackNumber: '+1 555 0102', mailFrom: 'two, addresses' };
    expect(await alder.node.settings.change(administrator, given)).toMatchObject({ state: 'refused' });
    expect((await alder.node.settings.values()).callBackNumber).toBe('+1 555 0100');
    expect(await alder.node.settings.change(administrator, { latitude: '' })).toMatchObject({
      state: 'refused',
      faults: [{ field: 'latitude' }],
    });
  });
});

test.each([
  ['itself', { latitude: 47.5, longitude: 19 }, { latitude: 47.5, longitude: 19 }, 0],
  ['the other side of the globe', { latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 }, 20_015],
  ['over the date line', { latitude: 0, longitude: 179.9 }, { latitude: 0, longitude: -179.9 }, 22],
  ['Paris from London', { latitude: 51.507, longitude: -0.128 }, { latitude: 48.857, longitude: 2.352 }, 344],
])('the way to %s is measured', (_, from, to, km) => {
  expect(distanceKm(from, to)).toBeCloseTo(km, -0.5);
});
