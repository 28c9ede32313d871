import { row, statement } from '../store/statement.ts';

const columns = [
  'id',
  'login',
  'name',
  'department',
  'roles',
  'active',
  'created_at',
  'last_sign_in_at',
  'last_sign_in_address',
  'last_sign_in_agent',
  'failures',
  'shortcuts',
  'text_size',
] as const;

/** A row of the table `account`. A type and no interface: statements take it as their named values. */
export type AccountRow = {
  id: string;
  login: string;
  name: string;
  department: string;
  roles: string;
  active: number;
  created_at: number;
  last_sign_in_at: number | null;
  last_sign_in_address: string;
  last_sign_in_agent: string;
  failures: number;
  shortcuts: number;
  text_size: string;
};

/** Every query of users and their factors, compiled once. */
export const accountQueries = {
  add: statement<AccountRow>()((db, values) => db.insertInto('account').values(row(values, columns))),
  any: statement()((db) => db.selectFrom('account').select('id').limit(1)),
  all: statement()((db) =>
    db.selectFrom('account').selectAll().orderBy('active', 'desc').orderBy('name').orderBy('login'),
  ),
  /** In the order of the list, behind one of them. */
  page: statement<{ active: number; name: string; login: string; limit: number }>()((db, values) =>
    db
      .selectFrom('account')
      .selectAll()
      .where((row) =>
        row.or([
          row('active', '<', values.active),
          row.and([
            row('active', '=', values.active),
            row(row.refTuple('name', 'login'), '>', row.tuple(values.name, values.login)),
          ]),
        ]),
      )
      .orderBy('active', 'desc')
      .orderBy('name')
      .orderBy('login')
      .limit(values.limit),
  ),
  counts: statement()((db) =>
    db
      .selectFrom('account')
      .select((row) => [
        row.fn.countAll<number>().as('all'),
        row.fn.coalesce(row.fn.sum<number>('active'), row.val(0)).as('active'),
      ]),
  ),
  byId: statement<{ id: string }>()((db, values) => db.selectFrom('account').selectAll().where('id', '=', values.id)),
  byLogin: statement<{ login: string }>()((db, values) =>
    db.selectFrom('account').selectAll().where('login', '=', values.login),
  ),
  otherAdministrator: statement<{ id: string; roles: string }>()((db, values) =>
    db
      .selectFrom('account')
      .select('id')
      .where('active', '=', 1)
      .where('roles', '=', values.roles)
      .where('id', '!=', values.id)
      .limit(1),
  ),
  describe: statement<{ id: string; name: string; department: string; roles: string }>()((db, values) =>
    db
      .updateTable('account')
      .set({ name: values.name, department: values.department, roles: values.roles })
      .where('id', '=', values.id),
  ),
  setActive: statement<{ id: string; active: number }>()((db, values) =>
    db.updateTable('account').set({ active: values.active }).where('id', '=', values.id),
  ),
  setFailures: statement<{ id: string; failures: number }>()((db, values) =>
    db.updateTable('account').set({ failures: values.failures }).where('id', '=', values.id),
  ),
  signedIn: statement<{ id: string; now: number; address: string; agent: string }>()((db, values) =>
    db
      .updateTable('account')
      .set({
        failures: 0,
        last_sign_in_at: values.now,
        last_sign_in_address: values.address,
        last_sign_in_agent: values.agent,
      })
      .where('id', '=', values.id),
  ),
  setPreferences: statement<{ id: string; shortcuts: number; text_size: string }>()((db, values) =>
    db
      .updateTable('account')
      .set({ shortcuts: values.shortcuts, text_size: values.text_size })
      .where('id', '=', values.id),
  ),
  password: statement<{ account: string }>()((db, values) =>
    db
      .selectFrom('account_factor')
      .select(['secret', 'until'])
      .where('account', '=', values.account)
      .where('kind', '=', 'password'),
  ),
  passwords: statement()((db) =>
    db.selectFrom('account_factor').select(['account', 'until']).where('kind', '=', 'password'),
  ),
  putPassword: statement<{ account: string; secret: string; set_at: number; until: number | null }>()((db, values) =>
    db
      .insertInto('account_factor')
      .values({ ...row(values, ['account', 'secret', 'set_at', 'until']), kind: 'password' })
      .onConflict((conflict) =>
        conflict.columns(['account', 'kind']).doUpdateSet((eb) => ({
          secret: eb.ref('excluded.secret'),
          set_at: eb.ref('excluded.set_at'),
          until: eb.ref('excluded.until'),
        })),
      ),
  ),
};
