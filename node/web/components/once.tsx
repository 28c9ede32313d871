import { Hidden } from './form.tsx';

/** Lets a form be sent once: put it into every form that changes something, with a new uuid (`desk.random.uuid()`). */
export function Once({ token }: { readonly token: string }) {
  return <Hidden name="once" value={token} />;
}
