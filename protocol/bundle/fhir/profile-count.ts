import type { Issues } from './issue.ts';
import type { Message } from './message.ts';

/** Tells when a message has not exactly one resource of a type (Spec bundle §2). */
export function exactlyOne(message: Message, type: string, issues: Issues): void {
  const found = message.ofType(type);
  if (found.length === 0) issues.add('required', `Bundle.entry.resource.ofType(${type})`, 'exactly one is required');
  else if (found.length > 1) issues.add('duplicate', found[1]?.path ?? '', `exactly one ${type} is allowed`);
}
