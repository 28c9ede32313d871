import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Compilable,
  type ExpressionBuilder,
} from 'kysely';
import type { Schema } from './schema.ts';

/** What SQLite and PostgreSQL both take and give back unchanged. Booleans are 0 and 1, times are milliseconds. */
export type SqlValue = string | number | Uint8Array | null;

declare const shape: unique symbol;

/** What a condition that several queries share is built with. */
export type Expressions<Table extends keyof Schema> = ExpressionBuilder<Schema, Table>;

/** What queries that share a beginning are built from. */
export type QueryBuilder = Kysely<Schema>;

/** A query compiled once and run many times with named values. `Row` is what one row of its answer looks like. */
export interface Statement<Values, Row> {
  readonly sql: string;
  /** In the order of the placeholders. */
  readonly parameters: readonly NamedParameter[];
  readonly [shape]?: [Values, Row];
}

export class NamedParameter {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** The named values as a row for `insertInto(...).values(row(values, ['a', 'b']))`: they cannot be listed by themselves. */
export function row<Values, Name extends keyof Values & string>(
  values: Values,
  names: readonly Name[],
): Pick<Values, Name> {
  return Object.fromEntries(names.map((name) => [name, values[name]])) as Pick<Values, Name>;
}

type Parameters<Values> = { readonly [Name in keyof Values]-?: Values[Name] };

/**
 * SQLite looks at the values of some parameters when it plans, such as those of LIMIT, of a partial index and beside an
 * ORDER BY, and plans the statement anew at each run then: that costs more than running it. So what never changes stands in
 * the text, and before a parameter stands a `+`, which changes no value and hides it from the planner.
 */
class PlannedOnce extends SqliteQueryCompiler {
  protected override appendValue(parameter: unknown): void {
    if (!(parameter instanceof NamedParameter)) return this.appendImmediateValue(parameter);
    this.append('+');
    super.appendValue(parameter);
  }
}

const builder = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new PlannedOnce(),
  },
});

/**
 * A query that is compiled once, when it is first wanted: a start has hundreds of them and runs a few. `values` stands for
 * the named values that come with each run:
 *
 *     const byName = statement<{ name: string }>()((db, values) =>
 *       db.selectFrom('peer').selectAll().where('name', '=', values.name));
 *
 * Kysely sees each `values.x` as one parameter; never compute with it, and never leave a named value undefined.
 */
export function statement<Values extends Readonly<Record<string, SqlValue>>>() {
  return <Row>(build: (db: Kysely<Schema>, values: Parameters<Values>) => Compilable<Row>): Statement<Values, Row> => {
    let compiled: Pick<Statement<Values, Row>, 'sql' | 'parameters'> | undefined;
    const compile = (): Pick<Statement<Values, Row>, 'sql' | 'parameters'> => {
      if (compiled !== undefined) return compiled;
      const values = new Proxy({}, { get: (_, name) => new NamedParameter(String(name)) }) as Parameters<Values>;
      const { sql, parameters } = build(builder, values).compile();
      compiled = { sql, parameters: parameters as readonly NamedParameter[] };
      return compiled;
    };
    return {
      get sql() {
        return compile().sql;
      },
      get parameters() {
        return compile().parameters;
      },
    };
  };
}
