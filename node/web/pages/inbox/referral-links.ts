/** Where a received referral is decided on. */
export function receivedLink(referral: string): string {
  return `/received/${encodeURIComponent(referral)}`;
}

/** Where a sent referral and its receipts are shown. */
export function sentLink(referral: string): string {
  return `/sent/${encodeURIComponent(referral)}`;
}
