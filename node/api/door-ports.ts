import type { AccessTokens } from '../exchange-log/tokens.ts';
import type { Audit } from '../exchange-log/audit.ts';
import type { LogResources } from '../exchange-log/resources.ts';
import type { Witness } from '../exchange-log/witness.ts';
import type { PeerCards } from '../peers/cards.ts';
import type { PeerDirectory } from '../peers/directory.ts';
import type { OwnNode } from '../peers/own-node.ts';
import type { Nonces } from '../peers/nonces.ts';
import type { Pairing } from '../peers/pairing.ts';
import type { Clock } from '../platform/clock.ts';
import type { Diagnostics } from '../platform/diagnostics.ts';
import type { Random } from '../platform/random.ts';
import type { NewRef } from '../referrals/answers.ts';
import type { Inbox } from '../referrals/inbox.ts';
import type { Intake } from '../referrals/intake.ts';
import type { Quotas } from './quota.ts';

/** What the exchange door needs of the node. */
export interface DoorPorts {
  readonly own: OwnNode;
  readonly directory: PeerDirectory;
  readonly cards: PeerCards;
  readonly pairing: Pairing;
  readonly inbox: Inbox;
  readonly intake: Intake;
  readonly logResources: LogResources;
  readonly audit: Audit;
  readonly nonces: Nonces;
  readonly witness: Witness;
  readonly tokens: AccessTokens;
  readonly quotas: Quotas;
  readonly logAccess: 'open' | 'peers';
  readonly clock: Clock;
  readonly random: Random;
  readonly diagnostics: Diagnostics;
  readonly newRef: NewRef;
}
