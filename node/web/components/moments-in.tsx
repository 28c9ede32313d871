import { Foreign, momentWords } from './text.tsx';
import { useZone } from './zone.tsx';

const momentForm = /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})(?![\w:])/g;

/** Text of this node in which moments stand as machines write them: shown by the hospital's clock, as `<When/>` does. */
export function MomentsIn({ text }: { readonly text: string }) {
  const zone = useZone();
  const inWords = (found: string): string => {
    const at = Date.parse(found);
    return Number.isNaN(at) ? found : momentWords(at, zone);
  };
  return <Foreign text={text.replaceAll(momentForm, inWords)} />;
}
