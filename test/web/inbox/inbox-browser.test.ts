import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseReferralId, type ReferralId } from '../../../protocol/ids.ts';
import { statement } from '../../../node/store/statement.ts';
import { axeViolations } from '../../support/axe.ts';
import {
  findChromium,
  keepPicture,
  launchBrowser,
  openPerson,
  signInAt,
  variants,
  type Person,
  type PersonOptions,
} from '../../support/browser.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { makeReferrals, referralIdOf } from '../../support/many-referrals.ts';
import { syntheticPatient } from '../../support/paired-hospitals.ts';

const arrivalMsMax = 2000;
const hourMs = 3_600_000;
const putOpened = statement<{ referral: string; by_id: string; by_name: string; at: number }>()((db, values) =>
  db
    .insertInto('referral_opened')
    .values({ referral: values.referral, by_id: values.by_id, by_name: values.by_name, at: values.at })
    .onConflict((conflict) => conflict.column('referral').doNothing()),
);

describe.skipIf(findChromium() === undefined)('in a browser', () => {
  let browser: Browser;
  let desks: TestDesks;
  let alder: TestDesk;
  let birch: TestDesk;
  let patients = 0;

  beforeAll(async () => {
    browser = await launchBrowser();
    desks = await openDesks({ names: ['alder', 'birch'] });
    [alder, birch] = [desks.at('alder'), desks.at('birch')];
    const at = birch.node.clock.now();
    const names = ['Yılmaz, Ayşe', 'Okafor, Chidi', 'Nguyễn, Thị Mai', 'Lindqvist, Åsa', 'שרה כהן', 'O’Brien, Siobhán'];
    await makeReferrals(birch.node, [
      {
        id: referralIdOf(1),
        at: at - 240_000,
        priority: 'stat',
        name: 'Garcia Marquez, Ana María',
        department: 'Cardiology',
      },
      ...names.map((name, n) => ({
        id: referralIdOf(10 + n),
        at: at - n * 9 * hourMs,
        priority: n < 3 ? ('urgent' as const) : ('routine' as const),
        name,
        state: n === 2 ? 'info-requested' : 'received',
        ...(n % 2 === 0 ? { openedAt: at, assignedTo: birch.users.doctor.id } : {}),
        department: n % 2 === 0 ? 'Cardiology' : 'Neurology',
      })),
      ...Array.from({ length: 24 }, (_, n) => ({
        id: referralIdOf(100 + n),
        at: at - n * hourMs,
        openedAt: at,
        name: `Sample${n}, Sam`,
      })),
    ]);
  });

  afterAll(async () => {
    await browser.close();
    await desks[Symbol.asyncDispose]();
  });

  async function doctorAt(desk: TestDesk, options: PersonOptions = {}): Promise<Person> {
    const person = await openPerson(browser, desk.origin, options);
    await signInAt(person, desk.users.doctor);
    return person;
  }

  async function refer(priority: 'routine' | 'stat' = 'routine'): Promise<ReferralId> {
    patients += 1;
    const added = await alder.node.patients.add(syntheticPatient('alder', patients));
    if (added.state !== 'added') throw new Error('the patient is there already');
    const author = { id: alder.users.doctor.id, name: 'Dr Dora Doctor' };
    const sending = {
      to: birch.node.own.name,
      patient: added.record.id,
      reason: 'Chest pain',
      question: 'See',
      author,
    };
    return (await alder.node.referrals.send({ ...sending, priority })).id;
  }

  test('on a phone the head of the table is seen while the keyboard is in it', async () => {
    const phone = variants.find(({ name }) => name === 'phone');
    await using person = await doctorAt(birch, phone === undefined ? {} : { variant: phone });
    const { page } = person;
    await person.open('/');
    const isSeen = (): Promise<boolean> =>
      page.evaluate(`(() => {
        const link = document.querySelector('#inbox-list thead a');
        const { left, top, width, height } = link.getBoundingClientRect();
        return link.contains(document.elementFromPoint(left + width / 2, top + height / 2));
      })()`);
    await page.evaluate(`document.querySelector('#inbox-list').scrollIntoView()`);
    expect(await isSeen()).toBe(false);
    await page.locator('#inbox-list thead a').first().focus();
    expect(await isSeen()).toBe(true);
    expect(await widthOf(person)).toBeLessThanOrEqual(390);
  });

  test.each(variants)('the inbox can be seen, heard and used: $name', async (variant) => {
    await using person = await doctorAt(birch, { variant });
    await person.open('/');
    await keepPicture(person, `inbox-${variant.name}`);
    await keepTop(person, `inbox-top-${variant.name}`);
    expect(await axeViolations(person.page)).toEqual([]);
    await person.page.getByRole('link', { name: 'GARCIA' }).scrollIntoViewIfNeeded();
    if (variant.width < 400) {
      await person.page.evaluate('scrollTo(0, 900)');
      await keepTop(person, `inbox-list-${variant.name}`);
    }
    const rowsInView = await person.page.evaluate<number>(
      `[...document.querySelectorAll('tr[data-key]')].filter((row) => row.getBoundingClientRect().bottom <= innerHeight).length`,
    );
    expect(await widthOf(person)).toBeLessThanOrEqual(variant.width);
    if (variant.name === 'desktop') expect(rowsInView).toBeGreaterThanOrEqual(6);
    expect(person.troubles).toEqual([]);
  });

  test.each(variants)('the outbox can be seen, heard and used: $name', async (variant) => {
    await using person = await doctorAt(alder, { variant });
    await person.open('/outbox');
    await keepTop(person, `outbox-${variant.name}`);
    expect(await axeViolations(person.page)).toEqual([]);
    expect(await widthOf(person)).toBeLessThanOrEqual(variant.width);
    expect(person.troubles).toEqual([]);
  });

  test('a referral is on the screen within 2 s of its commit, behind a button, and no row moves', async () => {
    await using person = await doctorAt(birch);
    await person.open('/');
    await isLive(person);
    const before = await placesOf(person);
    const committed = nextCommitOf(birch);
    await refer();
    const at = await committed;
    await person.page.getByRole('link', { name: '1 new referral. Show' }).waitFor({ timeout: 10_000 });
    expect(performance.now() - at).toBeLessThan(arrivalMsMax);
    expect(await placesOf(person)).toEqual(before);
    await keepTop(person, 'inbox-arrival');
    await person.page.getByRole('link', { name: '1 new referral. Show' }).click();
    await person.page.getByText('CANARYALDER').first().waitFor({ timeout: 5000 });
    expect(person.troubles).toEqual([]);
  });

  test('an emergency lies over the foot of every page within 2 s, moves nothing, and stays until it is opened', async () => {
    await using person = await doctorAt(birch);
    await open(birch, referralIdOf(1));
    await person.open('/help');
    await isLive(person);
    const heading = person.page.getByRole('heading', { level: 1 });
    const top = await heading.boundingBox();
    const committed = nextCommitOf(birch);
    const id = await refer('stat');
    const at = await committed;
    const banner = person.page.getByRole('alert').filter({ hasText: 'A new emergency referral' });
    await banner.waitFor({ timeout: 10_000 });
    expect(performance.now() - at).toBeLessThan(arrivalMsMax);
    expect(await heading.boundingBox()).toEqual(top);
    expect(await person.page.locator('#emergencies').textContent()).not.toContain('Canary');
    await keepTop(person, 'emergency-live');
    await open(birch, id);
    await banner.waitFor({ state: 'detached' });
    expect(person.troubles).toEqual([]);
  });

  test('a row that a colleague changes is rewritten where it stands', async () => {
    await using person = await doctorAt(birch);
    await person.open('/');
    await isLive(person);
    const row = person.page.locator(`tr[data-key="${referralIdOf(11)}"]`);
    const before = await placesOf(person);
    await birch.node.inboxList.assign(parseReferralId(referralIdOf(11)), birch.users.coordinator.id, 'test');
    await row.getByText('Cleo Coordinator').waitFor();
    expect(await placesOf(person)).toEqual(before);
  });

  test('one page of a browser holds the line for all, and another takes it over', async () => {
    await using person = await doctorAt(birch);
    await person.open('/');
    await isLive(person);
    const lines: string[] = [];
    person.context.on('request', (request) => {
      if (new URL(request.url()).pathname === '/live') lines.push(request.url());
    });
    const second = await person.context.newPage();
    await second.goto(`${birch.origin}/`);
    await second.getByText('Live. Updated').waitFor();
    expect(lines).toEqual([]);
    await person.page.goto('about:blank');
    await birch.node.inboxList.assign(parseReferralId(referralIdOf(13)), birch.users.coordinator.id, 'test');
    await second
      .locator(`tr[data-key="${referralIdOf(13)}"]`)
      .getByText('Cleo Coordinator')
      .waitFor();
    expect(lines).toHaveLength(1);
  });

  test('the sender sees the parcel arrive and the answer come, without loading the page again', async () => {
    const id = await refer();
    await using person = await doctorAt(alder);
    await person.open('/outbox');
    const row = person.page.locator(`tr[data-key="${id}"]`);
    await row.getByRole('link', { name: 'Delivered' }).waitFor();
    await isLive(person);
    await birch.node.referrals.accept(id, { author: { id: birch.users.doctor.id, name: 'Dr Dora Doctor' } });
    await row.getByRole('link', { name: 'Accepted' }).waitFor();
    await keepTop(person, 'outbox-answered');
    expect(person.troubles).toEqual([]);
  });

  test('rows are reached by keys alone, help tells them, and none acts while somebody types', async () => {
    await using person = await doctorAt(birch);
    await person.open('/');
    const { keyboard } = person.page;
    const focused = () => person.page.evaluate<string>(`document.activeElement?.closest('tr')?.dataset.key ?? ''`);
    const order = (await placesOf(person)).map(({ key }) => key);
    await keyboard.press('j');
    await keyboard.press('j');
    expect(await focused()).toBe(order[1]);
    await keyboard.press('k');
    expect(await focused()).toBe(order[0]);
    await keyboard.press('?');
    await person.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await keepTop(person, 'inbox-keys');
    await keyboard.press('Escape');
    await keyboard.press('j');
    await keyboard.press('a');
    await person.page.waitForURL(`**/received/${order[1]}#accept`);
  });

  test('a person who switched the keys off has none', async () => {
    const off = { shortcuts: false, textSize: 'normal' } as const;
    await birch.node.accounts.setPreferences(birch.users.doctor.id, off);
    try {
      await using person = await doctorAt(birch);
      await person.open('/');
      await person.page.keyboard.press('?');
      expect(await person.page.getByRole('dialog').count()).toBe(0);
    } finally {
      await birch.node.accounts.setPreferences(birch.users.doctor.id, { ...off, shortcuts: true });
    }
  });

  test('a line that breaks is told, tried again, and what came meanwhile is caught up with', async () => {
    await using person = await doctorAt(birch);
    let refused = 0;
    await person.page.route(/\/live(?:\?|$)/, async (route) => {
      refused += 1;
      if (refused <= 2) await route.abort();
      else await route.continue();
    });
    await person.open('/');
    await person.page.getByText('Not live: no line to the node.').waitFor();
    await birch.node.inboxList.assign(parseReferralId(referralIdOf(15)), birch.users.coordinator.id, 'test');
    await person.page
      .locator(`tr[data-key="${referralIdOf(15)}"]`)
      .getByText('Cleo Coordinator')
      .waitFor();
    await person.page.getByText('Live. Updated').waitFor();
    expect(refused).toBeGreaterThanOrEqual(3);
  });

  test('notifications are asked for by a button, tell of emergencies, and name no patient', async () => {
    await using person = await openPerson(browser, birch.origin);
    await person.context.addInitScript(`
      globalThis.told = [];
      globalThis.Notification = class extends EventTarget {
        static permission = 'granted';
        static requestPermission = async () => 'granted';
        constructor(title, options) { super(); told.push(JSON.stringify([title, options])); }
      };`);
    await signInAt(person, birch.users.doctor);
    const told = () => person.page.evaluate<string[]>('told');
    await isLive(person);
    await refer('stat');
    await person.page.getByRole('alert').filter({ hasText: 'emergency' }).first().waitFor();
    expect(await told()).toEqual([]);
    await person.page.getByRole('button', { name: 'Notify me of emergencies' }).click();
    await person.page.getByRole('button', { name: 'Notifications are on: switch off' }).waitFor();
    const id = await refer('stat');
    await eventually(async () => (await told()).length > 0);
    expect(await told()).toEqual([JSON.stringify(['New emergency referral', { tag: id }])]);
  });

  test('"/" leads to the search for patients', async () => {
    await using person = await doctorAt(birch);
    await person.open('/');
    await person.page.keyboard.press('/');
    await person.page.waitForURL('**/patients#search');
  });

  test('without scripts the same list is there, filters work, and it renews itself', async () => {
    await using person = await doctorAt(birch, { withoutScripts: true });
    await person.open('/');
    await person.page.getByText('Filters').click();
    await person.page.getByLabel('Priority').selectOption('urgent');
    await person.page.getByRole('button', { name: 'Show' }).click();
    await person.page.waitForURL(({ searchParams }) => searchParams.get('priority') === 'urgent');
    await person.page.reload();
    expect(await person.page.locator('tr[data-key]').count()).toBe(3);
    await person.page.goBack();
    await person.page.waitForURL(({ searchParams }) => !searchParams.has('priority'));
    expect(await person.page.getByText('Live. Updated').count()).toBe(0);
  });
});

async function keepTop({ page }: Person, name: string): Promise<void> {
  await page.screenshot({ path: join(import.meta.dirname, '../../../.test-output/screens', `${name}.png`) });
}

/** The page hears of changes from now on, over its own line or another page's. */
async function isLive({ page }: Person): Promise<void> {
  await page.locator('body[data-live="yes"]').waitFor({ state: 'attached' });
}

async function placesOf({ page }: Person): Promise<readonly { readonly key: string; readonly top: number }[]> {
  return await page.evaluate<{ key: string; top: number }[]>(
    `[...document.querySelectorAll('tr[data-key]')].map((row) => ({
      key: row.dataset.key,
      top: Math.round(row.getBoundingClientRect().top),
    }))`,
  );
}

async function widthOf({ page }: Person): Promise<number> {
  return await page.evaluate<number>('document.documentElement.scrollWidth');
}

/** When the next referral is durable here. */
async function nextCommitOf({ node }: TestDesk): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const before = (await node.live.since(0)).cursor;
  let at = 0;
  node.store.afterCommit(() => {
    const now = performance.now();
    if (at !== 0) return;
    void node.live.since(before).then(({ changes }) => {
      if (at !== 0 || !changes.some(({ kind }) => kind === 'received' || kind === 'emergency')) return;
      at = now;
      resolve(now);
    });
  });
  return promise;
}

/** What the review does first. */
async function open({ node, users }: TestDesk, referral: string): Promise<void> {
  const values = { referral, by_id: users.doctor.id, by_name: 'Dr Dora Doctor', at: node.clock.now() };
  await node.store.write((writer) => writer.run(putOpened, values));
}
