import type { JSX } from 'preact';
import { explainProblem, noticesOf } from '../media/problems.ts';
import type { ProblemNotice } from '../media/problems.ts';
import { useApp, useLocal } from './context.ts';
import { Button } from './button.tsx';

interface NoticeProps {
  notice: ProblemNotice;
  /** Said after what can be done about it. */
  consolation?: string;
}

const Notice = ({ notice, consolation }: NoticeProps): JSX.Element => {
  const { media } = useApp();
  const { opening } = useLocal();
  const { title, help } = explainProblem(notice);
  return (
    <div class="notice" role="alert">
      <strong>{title}</strong>
      <span>{consolation === undefined ? help : `${help} ${consolation}`}</span>
      {notice.problem !== 'insecure' && (
        <Button
          kind="link"
          disabled={opening}
          onClick={() => void media.turn(Object.fromEntries(notice.sources.map((source) => [source, true])))}
        >
          Try again
        </Button>
      )}
    </div>
  );
};

/** What is wrong with the devices that are wanted, in plain words. */
export const DeviceNotices = ({ consolation }: { consolation?: string }): JSX.Element => {
  const { problems } = useLocal();
  return (
    <>
      {noticesOf(problems).map((notice) => (
        <Notice
          key={notice.sources.join()}
          notice={notice}
          {...(consolation === undefined ? {} : { consolation })}
        />
      ))}
    </>
  );
};
