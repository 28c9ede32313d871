import type { NodeName } from '../../../protocol/ids.ts';

/** Browsers share cookies between ports of a host, so each node has its own name (Node §13). */
export function sessionCookieName(node: NodeName): string {
  return `__Host-fernpost-${node.replaceAll(/[^A-Za-z0-9.-]/g, '_')}`;
}

export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict';

export function setSessionCookie(node: NodeName, id: string): string {
  return `${sessionCookieName(node)}=${id}; ${attributes}`;
}

export function clearSessionCookie(node: NodeName): string {
  return `${sessionCookieName(node)}=; ${attributes}; Max-Age=0`;
}
