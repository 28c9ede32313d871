/** The npm package `fernet` 0.4.0, an oracle for text tokens only. Never pass it an IV: it ignores it. */
declare module 'fernet' {
  export class Secret {
    constructor(key: string);
  }
  export class Token {
    constructor(options: { secret: Secret; token?: string; ttl?: number });
    encode(text: string): string;
    decode(): string;
  }
}
