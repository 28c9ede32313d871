import type { BrokenGlass } from '../../../accounts/access.ts';
import { page, type Answer } from '../../answer.ts';
import { EmptyState, Notice, Section } from '../../components/panel.tsx';
import { DataTable, Pager, type Column } from '../../components/table.tsx';
import { Foreign, When } from '../../components/text.tsx';
import type { DeskServices } from '../../desk-services.ts';
import { url } from '../../urls.ts';
import type { Visit } from '../../visit.ts';

/** On the first page of administrators: so many, not older than this. */
export const recentMax = 5;
const recentMs = 30 * 24 * 3_600_000;
const todayMs = 24 * 3_600_000;
export const rowsPerPage = 50;
const referenceLetters = 12;

/** Who opened restricted records lately and why; nobody has to come and look for it (Node §7.1). */
export async function RecentBrokenGlass({ visit, desk }: { readonly visit: Visit; readonly desk: DeskServices }) {
  const newest = await desk.access.brokenGlass({ limit: recentMax });
  const recent = newest.filter(({ at }) => visit.now - at < recentMs);
  return (
    <Section
      title="Restricted records that were opened"
      id="broken-glass"
      aside={<a href={url('broken-glass')}>All of them</a>}
    >
      {recent.length === 0 ? (
        <p>Nobody broke the glass in the last 30 days.</p>
      ) : (
        <>
          <p>
            The newest {recent.length === 1 ? 'one' : recent.length} of the last 30 days. Ask who opened it whether the
            reason holds.
          </p>
          <BrokenGlassTable rows={recent} names={await namesOf(desk)} />
        </>
      )}
    </Section>
  );
}

/** Above the checks, so that nobody has to look for it, where it happened within a day. */
export async function BrokenGlassToday({ visit, desk }: { readonly visit: Visit; readonly desk: DeskServices }) {
  const newest = await desk.access.brokenGlass({ limit: recentMax });
  const today = newest.filter(({ at }) => visit.now - at < todayMs).length;
  if (today === 0) return null;
  const count = today === recentMax ? `${recentMax} or more restricted records were` : countWords(today);
  return (
    <Notice tone="amber">
      <p>
        {count} opened in the last 24 hours. <a href="#broken-glass">See who did it and why</a>
      </p>
    </Notice>
  );
}

function countWords(count: number): string {
  return count === 1 ? 'A restricted record was' : `${count} restricted records were`;
}

/** All of it, the newest first. */
export async function showBrokenGlass(visit: Visit, desk: DeskServices): Promise<Answer> {
  const below = Number(visit.query.get('below') ?? 0);
  const before = Number.isSafeInteger(below) && below > 0 ? { before: below } : {};
  const found = await desk.access.brokenGlass({ ...before, limit: rowsPerPage + 1 });
  const rows = found.slice(0, rowsPerPage);
  const last = rows.at(-1)?.number;
  const isMore = found.length > rowsPerPage && last !== undefined;
  return page(
    { title: 'Restricted records that were opened' },
    <>
      <h1>Restricted records that were opened</h1>
      <p>
        People who do not treat a patient can open a restricted record only with a reason, and for 60 minutes. No
        patient is named here. The same reference stands in the exchange log, where auditors see it.
      </p>
      {rows.length === 0 ? (
        <EmptyState title={before.before === undefined ? 'Nobody has broken the glass' : 'No older ones'} />
      ) : (
        <BrokenGlassTable rows={rows} names={await namesOf(desk)} />
      )}
      <Pager
        newer={before.before === undefined ? undefined : url('broken-glass')}
        older={isMore ? url('broken-glass', {}, { below: last }) : undefined}
      />
    </>,
  );
}

async function namesOf(desk: DeskServices): Promise<ReadonlyMap<string, string>> {
  return new Map((await desk.accounts.users.list()).map(({ id, name }) => [id, name]));
}

interface Table {
  readonly rows: readonly BrokenGlass[];
  readonly names: ReadonlyMap<string, string>;
}

function BrokenGlassTable({ rows, names }: Table) {
  const columns: readonly Column<BrokenGlass>[] = [
    { key: 'at', label: 'When', isHeader: true, cell: ({ at }) => <When at={at} /> },
    { key: 'who', label: 'Who', cell: ({ user }) => <Foreign text={names.get(user) ?? user} /> },
    { key: 'reason', label: 'Reason', cell: ({ reason }) => <Foreign text={reason} /> },
    {
      key: 'reference',
      label: 'Reference',
      cell: ({ reference }) =>
        reference === '' ? (
          <span class="quiet">in the log only</span>
        ) : (
          <code title={reference}>{reference.slice(0, referenceLetters)}…</code>
        ),
    },
  ];
  return (
    <DataTable
      id="broken-glass-table"
      caption="Restricted records that were opened, the newest first"
      hideCaption
      columns={columns}
      rows={rows}
      rowKey={({ number }) => String(number)}
    />
  );
}
