import { HtmlValidate } from 'html-validate';
import { expect, test } from 'vitest';
import { openDesks } from '../../support/desk.ts';
import { htmlRules } from '../../support/html-rules.ts';

const validator = new HtmlValidate(htmlRules);

async function faultsOf(html: string): Promise<readonly string[]> {
  const { results } = await validator.validateString(html);
  return results.flatMap(({ messages }) => messages.map(({ ruleId, message, line }) => `${line} ${ruleId} ${message}`));
}

test('every page of accounts is sound HTML, with and without faults', { timeout: 30_000 }, async () => {
  await using desks = await openDesks({ names: ['alder'], jobs: false });
  const desk = desks.at('alder');
  const [admin, nobody] = [await desk.client('administrator'), await desk.client()];
  const user = `/admin/users/${desk.users.nurse.id}`;
  const pages = [
    await nobody.get('/sign-in'),
    await nobody.get('/sign-in?ended=1&next=%2Faccount'),
    await nobody.post('/sign-in', { login: 'x', password: 'y' }),
    await admin.get('/account?saved=1'),
    await admin.get('/account/password'),
    await admin.post('/account/password', { password: 'a', 'password-again': 'b' }),
    await admin.get('/admin/users'),
    await admin.get('/admin/users/new'),
    await admin.submit('/admin/users/new', '/admin/users', { login: 'A B', name: '', roles: [] }),
    await admin.get(user),
    await admin.submitAndOpen(user, `${user}/password`, {}),
    await admin.submitAndOpen(user, `${user}/deactivate`, {}),
    await admin.post(user, { name: '', department: '', roles: [] }),
  ];
  for (const page of pages) expect([await faultsOf(page.text), page.status]).toEqual([[], page.status]);
  await using fresh = await openDesks({ names: ['birch'], jobs: false, users: false, paired: false });
  const first = await fresh.at('birch').client();
  for (const page of [await first.get('/setup'), await first.post('/setup', { password: 'x', 'password-again': 'y' })])
    expect(await faultsOf(page.text)).toEqual([]);
});
