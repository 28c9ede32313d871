/** What ends the demo with a message for its user; it says what to do about it. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}
