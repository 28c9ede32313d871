import { documentBytesMax } from '../../../protocol/bundle/limits.ts';
import { bundleCrypto } from '../../../protocol/crypto/bundle-crypto.ts';
import { instantOfMs, type Instant } from '../../../protocol/instant.ts';
import { KeyError } from '../../keys/keyring.ts';
import type { Reader } from '../../store/store.ts';
import { openEventContent } from '../event-content.ts';
import { referralQueries } from '../referral-queries.ts';
import type { SummaryPorts } from '../referral-summary.ts';
import { wordsIn } from '../story.ts';

/** What a row of a list says of the question that waits for us. */
export interface OpenQuestion {
  readonly by: string;
  readonly text: string;
  readonly at: Instant;
}

interface Listed {
  readonly author: 'sender' | 'receiver';
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly at: number;
}

/** The open question of a referral that is `info-requested`; `undefined` where its key was destroyed (Node §2). */
export async function findOpenQuestion(
  ports: SummaryPorts,
  reader: Reader,
  { state, data_key }: { readonly state: string; readonly data_key: string },
  events: readonly Listed[],
): Promise<OpenQuestion | undefined> {
  if (state !== 'info-requested') return undefined;
  const asked = events.findLast(({ name, status }) => name === 'info-requested' && status === 'applied');
  const row = asked && (await reader.first(referralQueries.eventByKey, asked));
  if (asked === undefined || row === undefined) return undefined;
  try {
    const packed = await openEventContent(ports, reader, ports.dataKeyOf(data_key), row.content);
    const { by, note } = wordsIn(await bundleCrypto.gunzip(packed, documentBytesMax));
    return { by, text: note, at: instantOfMs(asked.at) };
  } catch (error) {
    if (error instanceof KeyError && error.code === 'shredded') return undefined;
    throw error;
  }
}
