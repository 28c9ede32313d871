/** Whose matter a failed check is: what to mend, and whom to call. */
export type Side = 'this node' | 'the network' | `peer ${string}`;

/** One check of `doctor`. `warn` works now and will not for ever; `fail` does not work. */
export type Finding =
  | { readonly check: string; readonly state: 'ok'; readonly detail: string }
  | {
      readonly check: string;
      readonly state: 'warn' | 'fail';
      /** What was found. */
      readonly detail: string;
      readonly side: Side;
      readonly fix: string;
      /** What it means for patients, where that is not what the check means otherwise. */
      readonly meaning?: string;
    };

export function good(check: string, detail: string): Finding {
  return { check, state: 'ok', detail };
}

export function bad(
  check: string,
  state: 'warn' | 'fail',
  side: Side,
  detail: string,
  fix: string,
  meaning?: string,
): Finding {
  return { check, state, detail, side, fix, ...(meaning === undefined ? {} : { meaning }) };
}
