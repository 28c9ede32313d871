import { desk } from './desk.ts';
import { durability } from './durability.ts';
import { fernetAgainstOthers } from './fernet-against-others.ts';
import { memory } from './memory.ts';
import { referralCpu } from './referral-cpu.ts';
import type { Row } from './row.ts';
import { sealingAgainstOpenssl } from './sealing-against-openssl.ts';
import { smallMessage } from './small-message.ts';
import { startUp } from './start-up.ts';
import { study } from './study.ts';

/** Every row that is measured here, in the order of the table of goals. */
export const rows: readonly Row[] = [
  sealingAgainstOpenssl,
  fernetAgainstOthers,
  referralCpu,
  durability,
  smallMessage,
  study,
  memory,
  startUp,
  desk,
];
