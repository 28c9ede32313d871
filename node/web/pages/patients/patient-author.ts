import { roleWords } from '../../../accounts/roles.ts';
import type { Author } from '../../../records/model.ts';
import type { Visit } from '../../visit.ts';

/** Who writes, as the records keep it. */
export function authorOf(visit: Visit): Author & { readonly role: string } {
  const { id, name, roles } = visit.user;
  const role = roles[0];
  return { user: id, name, role: role === undefined ? '' : roleWords[role].title };
}

/** The same for records, which keep no role. */
export function writerOf(visit: Visit): Author {
  return { user: visit.user.id, name: visit.user.name };
}
