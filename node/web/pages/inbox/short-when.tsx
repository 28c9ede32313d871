import { dateWords } from '../../components/text.tsx';
import { useZone } from '../../components/zone.tsx';

export interface ShortWhenProps {
  readonly at: number;
  readonly now: number;
  /** False where the column's head says the offset of `now`: another one is still said. */
  readonly zone?: boolean;
}

/** `14-Mar 08:45 UTC+05:30` for rows of a list; the year only where it is another one. */
export function ShortWhen({ at, now, zone: isSaid = true }: ShortWhenProps) {
  const zone = useZone();
  const wall = zone.wallOf(at);
  const date = dateWords(wall);
  const offset = zone.offsetOf(at);
  return (
    <time class="nowrap" datetime={new Date(at).toISOString()}>
      {wall.slice(0, 4) === zone.wallOf(now).slice(0, 4) ? date.slice(0, -5) : date} {wall.slice(11, 16)}
      {isSaid || offset !== zone.offsetOf(now) ? ` ${offset}` : ''}
    </time>
  );
}
