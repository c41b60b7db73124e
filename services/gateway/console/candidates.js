// What may hold of a doubtful question: [words, what is sent to decide so]. The first: it stands as it is.
import { t } from "./words.js";

export function candidatesOf({ question }) {
  const read = question.student_answer;
  const answers = [...letters(question), question.correct_answer].filter((one) => one !== null && one !== read);
  const blank = read === "" ? [] : [[t("it_is_blank"), answered("")]];
  const judged = question.verdict === "ungraded" ? ["correct", "wrong"].map((verdict) => [t(verdict), { correction: { verdict } }]) : [];
  const whole = question.type === "composite"; // its parts have the answers
  const stands = [whole ? null : read === null ? t("unread") : read || t("empty"), t(question.verdict)].filter(Boolean).join(", ");
  return [
    [t("stands", stands), { accept: true }],
    ...judged,
    ...(whole ? [] : [...[...new Set(answers)].slice(0, 5).map((one) => [t("wrote", one), answered(one)]), ...blank]),
  ];
}

const answered = (answer) => ({ correction: { student_answer: answer } });

function letters({ type, options }) {
  if (type === "true_false") return ["√", "×"];
  return type === "single_choice" ? Object.keys(options).length ? Object.keys(options) : ["A", "B", "C", "D"] : [];
}
