import { dateWords } from '../../components/text.tsx';

export interface ShortWhenProps {
  readonly at: number;
  readonly now: number;
  /** False where the column's head says that its times are in UTC. */
  readonly zone?: boolean;
}

/** `14-Mar 08:45 UTC` for rows of a list; the year only where it is another one. */
export function ShortWhen({ at, now, zone = true }: ShortWhenProps) {
  const iso = new Date(at).toISOString();
  const isThisYear = iso.slice(0, 4) === new Date(now).toISOString().slice(0, 4);
  const date = dateWords(iso);
  return (
    <time class="nowrap" datetime={iso}>
      {isThisYear ? date.slice(0, -5) : date} {iso.slice(11, 16)}
      {zone ? ' UTC' : ''}
    </time>
  );
}
