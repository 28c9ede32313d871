import type { SignInStep } from '../accounts/accounts.ts';
import type { Role } from '../accounts/roles.ts';
import type { Answer } from './answer.ts';
import type { DeskServices } from './desk-services.ts';
import type { Visit } from './visit.ts';

/** Who may call a route: anyone, whoever has signed in, or people who hold one of the roles. */
export type Access = 'anyone' | 'signed-in' | readonly Role[];

/** One row of the route table (law 7). `:name` in a path stands for one segment. */
export interface RouteRow {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'HEAD' | 'DELETE' | 'OPTIONS';
  readonly path: `/${string}`;
  readonly access: Access;
  /** Of a posted form that stands on a page of another path: that path, with the same parameters. */
  readonly form?: `/${string}`;
  /** Open to a person who has this still to do before being fully signed in. */
  readonly step?: SignInStep;
}

export type RouteRows = Readonly<Record<string, RouteRow>>;

export type Handler = (visit: Visit, desk: DeskServices) => Answer | Promise<Answer>;

/** A handler for each row: one that is missing does not compile. */
export type HandlersOf<Rows extends RouteRows> = { readonly [Name in keyof Rows]: Handler };
