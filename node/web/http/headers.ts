import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

/** The whole policy of the desk: no inline script or style, no other origin, one Trusted Types policy (Node §13). */
const standing = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'blob:'],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ['fernpost'],
  },
  crossOriginOpenerPolicy: 'same-origin',
  crossOriginResourcePolicy: 'same-origin',
  referrerPolicy: 'same-origin',
  xFrameOptions: 'DENY',
  strictTransportSecurity: false,
  permissionsPolicy: { camera: ['self'], microphone: [], geolocation: [], payment: [], usb: [] },
});

/**
 * A file keeps the stricter policy that its answer brings: nothing in it runs, and it has no origin. What does not say how
 * long it is good for is kept by no cache.
 */
export const deskHeaders: MiddlewareHandler = async (context, next) => {
  const own = { policy: null as string | null };
  await standing(context, async () => {
    await next();
    own.policy = context.res.headers.get('content-security-policy');
  });
  if (own.policy !== null) context.res.headers.set('content-security-policy', own.policy);
  if (!context.res.headers.has('cache-control')) context.res.headers.set('cache-control', 'no-store');
};
