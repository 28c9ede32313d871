import { row, statement } from '../../store/statement.ts';
import type { StationRow } from './station.ts';

/** Every query of the table of stations, compiled once. */
export const stationQueries = {
  all: statement()((db) => db.selectFrom('station').selectAll().orderBy('name')),
  byId: statement<{ id: string }>()((db, values) => db.selectFrom('station').selectAll().where('id', '=', values.id)),
  insert: statement<StationRow>()((db, values) =>
    db
      .insertInto('station')
      .values(
        row(values, [
          'id',
          'name',
          'address',
          'telephone',
          'email',
          'latitude',
          'longitude',
          'active',
          'version',
          'changed_at',
        ]),
      ),
  ),
  update: statement<StationRow>()((db, values) =>
    db
      .updateTable('station')
      .set(
        row(values, [
          'name',
          'address',
          'telephone',
          'email',
          'latitude',
          'longitude',
          'active',
          'version',
          'changed_at',
        ]),
      )
      .where('id', '=', values.id),
  ),
};
