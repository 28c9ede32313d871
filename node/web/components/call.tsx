import { Foreign } from './text.tsx';

/** Whom to telephone at another hospital, with the number that an administrator wrote down; or that there is none. */
export function Call({ hospital, telephone }: { readonly hospital: string; readonly telephone: string | undefined }) {
  return (
    <>
      <Foreign text={hospital} />
      {telephone === undefined ? (
        ' (no number is written down: an administrator can add one at Peers)'
      ) : (
        <>
          {': '}
          <strong class="nowrap">{telephone}</strong>
        </>
      )}
    </>
  );
}
