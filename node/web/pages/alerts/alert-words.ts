import type { Alert, AlertDelivery, LoudReason } from '../../../alerts/alert.ts';
import type { Tone } from '../../components/tag.tsx';

/** What has become of an alert, in one word. */
export const deliveryWords: Readonly<Record<AlertDelivery['state'], { readonly word: string; readonly tone: Tone }>> = {
  queued: { word: 'Not sent yet', tone: 'amber' },
  sent: { word: 'Sent', tone: 'blue' },
  failed: { word: 'Not sent', tone: 'red' },
  acknowledged: { word: 'Answered', tone: 'green' },
};

/** Why somebody has to take up the telephone. */
export const loudWords: Readonly<Record<LoudReason, string>> = {
  'no-mail-server': 'This hospital has no mail server, so nothing leaves by itself.',
  failed: 'The mail could not be delivered.',
  unsent: 'The mail has not left yet.',
  unanswered: 'Nobody of the station has answered.',
};

/** The one sentence of the banner: whom to call, where. */
export function callWords({ station }: Pick<Alert, 'station'>): string {
  return `Telephone ${station.name} now: ${station.telephone}`;
}

/** `1.3 km` near, `79 km` far. */
export function distanceWords(km: number | undefined): string {
  if (km === undefined) return 'distance not known';
  return km < 10 ? `${km.toFixed(1)} km away` : `${Math.round(km)} km away`;
}
