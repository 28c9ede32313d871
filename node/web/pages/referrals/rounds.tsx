import type { Round } from '../../../referrals/questions/rounds.ts';
import type { ReferralDetail } from '../../../referrals/referrals.ts';
import type { ReviewAttachment } from '../../../referrals/review/review.ts';
import type { StoryEvent } from '../../../referrals/story.ts';
import { Tag } from '../../components/tag.tsx';
import { Foreign, ForeignLines, When, bytesWords } from '../../components/text.tsx';
import type { FilePlace } from './review-body.tsx';

export interface RoundsProps {
  readonly rounds: readonly Round[];
  readonly detail: Pick<ReferralDetail, 'deliveries' | 'state'>;
  /** The hospital that received the referral, and the one that sent it. */
  readonly askers: string;
  readonly answerers: string;
  readonly placeOf: (file: ReviewAttachment) => FilePlace;
}

/** Each question with its answer, in the order of asking, word for word as they were signed. */
export function Rounds(props: RoundsProps) {
  return (
    <ol class="rounds">
      {props.rounds.map((round) => (
        <OneRound {...props} round={round} />
      ))}
    </ol>
  );
}

function OneRound({ round, ...props }: RoundsProps & { readonly round: Round }) {
  const { question, answers, standing } = round;
  const { askers, answerers } = props;
  return (
    <li class={standing}>
      <div class="said">
        <p class="second-line">
          <strong>Question</strong> of <Foreign text={question.by} />, <Foreign text={askers} />,{' '}
          <When at={question.at} />
        </p>
        <ForeignLines text={question.note} />
        <Arrival {...props} event={question} reader={answerers} />
      </div>
      {answers.map((answer) => (
        <div class="said answer">
          <p class="second-line">
            <strong>Answer</strong> of <Foreign text={answer.by} />, <Foreign text={answerers} />,{' '}
            <When at={answer.at} />
          </p>
          <ForeignLines text={answer.note} />
          <Files files={answer.files} placeOf={props.placeOf} />
          {answer.status === 'not-applied' ? (
            <p class="doubt">
              ! The referral had gone on without this answer: it came too late and changed nothing. Both hospitals can
              read it.
            </p>
          ) : null}
          <Arrival {...props} event={answer} reader={askers} />
        </div>
      ))}
      <Standing {...props} round={round} />
    </li>
  );
}

/** Where a question without an answer stands. */
function Standing({ round, answerers, detail }: RoundsProps & { readonly round: Round }) {
  const { standing, question } = round;
  if (standing === 'answered') return null;
  if (standing === 'open')
    return (
      <p>
        <Tag tone="amber">Open</Tag> Waits for an answer of <Foreign text={answerers} /> since <When at={question.at} />
        .
      </p>
    );
  if (standing === 'not-applied')
    return <p class="doubt">! It came when nothing could be asked any more, and changed nothing.</p>;
  if (detail.state === 'cancel-requested')
    return <p class="hint">Not answered: the sender asked to cancel the referral.</p>;
  if (round.answers.length > 0) return null;
  return <p class="hint">The referral went on without an answer to it.</p>;
}

/** Whether our words have arrived there: only a receipt says so. Theirs are here. */
function Arrival({
  event,
  detail,
  reader,
}: Pick<RoundsProps, 'detail'> & { readonly event: StoryEvent; readonly reader: string }) {
  const delivery = detail.deliveries.findLast(({ message }) => message === event.message);
  if (delivery === undefined) return null;
  const { state, doneAt, attempts, nextAt, trouble } = delivery;
  if (state === 'delivered' && doneAt !== undefined)
    return (
      <p class="hint">
        ✓ <Foreign text={reader} /> has it: receipt of <When at={doneAt} show="seconds" />.
      </p>
    );
  if (state === 'refused' || state === 'set-aside')
    return (
      <p class="doubt">
        ! It did not arrive and will not by itself: <Foreign text={trouble} />. Telephone <Foreign text={reader} />.
      </p>
    );
  if (trouble === '') return <p class="hint">Not there yet: it leaves by itself.</p>;
  return (
    <p class="hint">
      Not there yet (attempt {attempts}, next <When at={nextAt} />
      ). It leaves by itself: <Foreign text={trouble} />.
    </p>
  );
}

function Files({ files, placeOf }: Pick<RoundsProps, 'placeOf'> & { readonly files: readonly ReviewAttachment[] }) {
  if (files.length === 0) return null;
  return (
    <ul class="files">
      {files.map((file) => {
        const { picture, download, facts = [] } = placeOf(file);
        const title = file.title === '' ? 'File without a name' : file.title;
        return (
          <li>
            {download === undefined ? (
              <Foreign text={title} />
            ) : (
              <a href={download} download>
                <Foreign text={title} />
              </a>
            )}{' '}
            <span class="hint">
              <Foreign text={file.contentType} />, {bytesWords(file.size)}
            </span>
            {picture === undefined ? null : (
              <>
                {' '}
                <a href={picture}>Look at it</a>
              </>
            )}
            {facts.map((fact) => (
              <span class="hint second-line">
                <Foreign text={fact} />
              </span>
            ))}
          </li>
        );
      })}
    </ul>
  );
}
