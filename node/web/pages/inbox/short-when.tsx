import { dateWords } from '../../components/text.tsx';
import { useZone } from '../../components/zone.tsx';

export interface ShortWhenProps {
  readonly at: number;
  readonly now: number;
}

/** `14-Mar 08:45` for rows under a `TimeHead`: the year only where it is another one, and so the offset. */
export function ShortWhen({ at, now }: ShortWhenProps) {
  const zone = useZone();
  const wall = zone.wallOf(at);
  const date = dateWords(wall);
  const offset = zone.offsetOf(at);
  return (
    <time class="nowrap" datetime={new Date(at).toISOString()}>
      {wall.slice(0, 4) === zone.wallOf(now).slice(0, 4) ? date.slice(0, -5) : date} {wall.slice(11, 16)}
      {offset === zone.offsetOf(now) ? '' : ` ${offset}`}
    </time>
  );
}

/** `Arrived, UTC+05:30`: the head of a column of times says the offset of now for rows that have no room for it. */
export function TimeHead({ label, now }: { readonly label: string; readonly now: number }) {
  const offset = useZone().offsetOf(now);
  return (
    <span class={offset === 'UTC' ? undefined : 'time-head'}>
      {label} {offset}
    </span>
  );
}
