import { messageRules, parseJsonObject, type JsonObject, type JsonValue } from '../../../protocol/json.ts';
import { utf8 } from '../../../protocol/bytes.ts';

/** What has been told so far of a referral that is being written; texts as they were typed, checked when it is sent. */
export interface DraftFields {
  readonly to?: string;
  readonly department?: string;
  readonly question?: string;
  readonly reason?: string;
  readonly priority?: 'routine' | 'urgent' | 'stat';
  readonly note?: string;
  readonly policeCase?: boolean;
  /** Absent until the third step was seen: then what is ticked, perhaps nothing. */
  readonly consultations?: readonly string[];
  readonly attachments?: readonly string[];
  readonly ground?: 'consent' | 'break-glass';
  readonly givenBy?: 'patient' | 'representative';
  /** YYYY-MM-DD, both inclusive. */
  readonly consentFrom?: string;
  readonly consentTo?: string;
  readonly breakGlassReason?: string;
}

const rules = { ...messageRules, bytesMax: 2 * 1024 * 1024, stringBytesMax: 256 * 1024, nodesMax: 10_000 };

export function writeDraftFields(fields: DraftFields): Uint8Array {
  return utf8(JSON.stringify(fields));
}

/** Reads what `writeDraftFields` wrote; a member of another kind is left out, as if it had not been typed. */
export function parseDraftFields(bytes: Uint8Array): DraftFields {
  const object = parseJsonObject(bytes, rules);
  const { policeCase } = object;
  const priority = oneOf(object['priority'], ['routine', 'urgent', 'stat']);
  const ground = oneOf(object['ground'], ['consent', 'break-glass']);
  const givenBy = oneOf(object['givenBy'], ['patient', 'representative']);
  const texts = Object.fromEntries(
    (['to', 'department', 'question', 'reason', 'note', 'consentFrom', 'consentTo', 'breakGlassReason'] as const)
      .map((name) => [name, object[name]] as const)
      .filter(([, value]) => typeof value === 'string'),
  );
  return {
    ...texts,
    ...listsOf(object),
    ...(typeof policeCase === 'boolean' ? { policeCase } : {}),
    ...(priority === undefined ? {} : { priority }),
    ...(ground === undefined ? {} : { ground }),
    ...(givenBy === undefined ? {} : { givenBy }),
  };
}

function listsOf(object: JsonObject): Pick<DraftFields, 'consultations' | 'attachments'> {
  const [consultations, attachments] = [strings(object['consultations']), strings(object['attachments'])];
  return {
    ...(consultations === undefined ? {} : { consultations }),
    ...(attachments === undefined ? {} : { attachments }),
  };
}

function strings(value: JsonValue | undefined): readonly string[] | undefined {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter((one) => typeof one === 'string') : undefined;
}

function oneOf<Value extends string>(value: JsonValue | undefined, values: readonly Value[]): Value | undefined {
  return values.find((each) => each === value);
}
