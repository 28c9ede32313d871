// Times by the hospital's clock, in the words of the pages: never by the clock or the customs of this computer.

/** What the hospital's clock shows, as if it were UTC; `undefined` where this browser does not know its zone. */
function wallOf(ms, zone) {
  try {
    const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  } catch {
    return undefined;
  }
}

/** `20:53:07 UTC+05:30`, or `20:53 UTC+05:30` to the minute. */
export function clockTime(ms, show = 'seconds', zone = document.body.dataset.zone ?? 'UTC') {
  const whole = Math.floor(ms / 1000) * 1000;
  const wall = wallOf(whole, zone) ?? whole;
  const ahead = wall - whole;
  const size = new Date(Math.abs(ahead)).toISOString().slice(11, 16);
  const time = new Date(wall).toISOString().slice(11, show === 'seconds' ? 19 : 16);
  return `${time} UTC${ahead === 0 ? '' : ahead < 0 ? `-${size}` : `+${size}`}`;
}
