import encodeQR from 'qr';

/** Quiet modules around the code (ISO/IEC 18004 §9.1 asks for four). */
const border = 4;

/**
 * A text as a QR code: one path from the code's matrix. It is black on white in every colour scheme, because cameras expect
 * that, and the same text always stands beside it.
 */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border });
  const size = String(rows.length);
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={rows.map(rowPath).join('')} fill="#000" />
    </svg>
  );
}

/** Neighbouring dark modules as one rectangle: a third of the bytes. */
function rowPath(row: readonly boolean[], y: number): string {
  let path = '';
  for (let x = 0; x < row.length; x += 1) {
    const from = x;
    while (row[x] === true) x += 1;
    if (x > from) path += `M${from} ${y}h${x - from}v1h-${x - from}z`;
  }
  return path;
}
