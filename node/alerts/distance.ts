/** A place on the globe, in degrees. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

const earthRadiusKm = 6_371;

/** Along the surface, by the haversine formula: good to a half percent, enough to tell the nearest station. */
export function distanceKm(from: Position, to: Position): number {
  const [north, south] = [radians(from.latitude), radians(to.latitude)];
  const half = (degrees: number): number => Math.sin(radians(degrees) / 2) ** 2;
  const chord =
    half(to.latitude - from.latitude) + Math.cos(north) * Math.cos(south) * half(to.longitude - from.longitude);
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(chord)));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
