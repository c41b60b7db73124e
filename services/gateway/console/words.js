// What the page says, in Chinese and English.
const WORDS = {
  zh: {
    other: "English", leave: "退出", key: "API 密钥", enter: "进入", key_help: "由管理员发放；本机用 make up 启动时，密钥会打印出来，也在 .redink/dev-key 中。只保存在本标签页，关闭即清除。",
    upload: "上传试卷", drop: "把照片、扫描件、PDF 或 ZIP 拖到这里，或点击选择（按页序）", remove: "移除", subject: "科目", grade: "年级", title: "标题",
    student_id: "学号或代号", class_id: "班级", answer_key: "标准答案（JSON，可不填）", submit: "开始批改", sending: "正在上传",
    mode: "上传的是", single: "一份试卷（各文件为页）", many: "一批试卷（每个文件一份，或一个 ZIP）", name: "名称", manifest: "名单（JSON 或 CSV，可不填）：文件,学号,班级", number: "序号", progress: "进度", batch: "一批试卷", batch_of: (n) => `${n} 份试卷`, lang: "zh",
    graded_of: (a, b) => `已评分 ${a} / ${b} 题`, papers_together: "最近的批次", papers_of_batch: "各份试卷", done_of: (a, b) => `已处理 ${a} / ${b} 份`, refused_of: (n) => `，${n} 份未被接受`, class_html: "班级报告网页", class_pdf: "班级报告 PDF",
    papers: "最近的试卷", none: "还没有试卷。", created: "上传时间", status: "状态", more: "更多", back: "返回", cancel: "取消", retry: "重新处理",
    seconds_left: (n) => `预计还需 ${n} 秒`, score: "得分", review: "待复核", to_review: (n) => `${n} 题待复核`, of: (a, b) => `${a} / ${b}`,
    pdf: "报告 PDF", html: "报告网页", json: "结果 JSON", questions: "逐题结果", answer: "作答", correct_answer: "参考答案", points: "知识点",
    unread: "未能识别", empty: "（空白）", correct_it: "更正", save: "保存更正", close: "取消", verdict: "判定", comment: "评语", teacher: "教师已更正",
    page: (n) => `第 ${n} 页`, question: (n) => `第 ${n} 题`, saved: "已保存，正在重新生成报告。", no_files: "请先选择文件。", summary: "诊断",
    essay: "提交一篇作文（文字）", content: "作文", prompt: "题目要求（可不填；其中的字数要求会被采用）", max_score: "满分", min_length: "最少字数／词数（可不填）", mistakes: "需要修改之处", suggestions: "建议", corrected: "修改后的全文", left_out: (n) => `另有 ${n} 处未列出。`, characters_long: (n) => `${n} 字`, words_long: (n) => `${n} 词`,
    correct: "正确", wrong: "错误", partial: "部分正确", blank: "空白", ungraded: "未评分",
    review_queue: "复核", what_holds: "实际情况", stands: (a) => `保持不变：${a}`, wrote: (a) => `学生写的是 ${a}`, it_is_blank: "没有作答", something_else: "其他情况……", decide: "确定", leave_it: "留给别人", previous: "上一题", next: "下一题", all: "全部",
    nothing_open: "没有待复核的题目。", look_again: "再看一次", no_picture: "没有这道题的图片：打开试卷查看。", place_of: (a, b) => `第 ${a} / ${b} 题`, taken_until: (time) => `另一位教师正在复核此题，最晚到 ${time}。`, sureness: "把握", void_decisions: "未能生效的决定", keys_on: "快捷键", keys_help: "1–9 选择，回车确定，j/k 下一题／上一题，x 留给别人",
    reasons: { missing: "上传的页面里没有找到：请补传或重拍该页", unread: "有字迹但未能识别", low_confidence: "识别没有把握", no_verdict: "没有适用的答案，或需要判断表述", doubtful_verdict: "判定存疑" },
    states: { UPLOADED: "已上传，等待处理", OCR_PROCESSING: "识别中", OCR_COMPLETED: "识别完成", PARSING: "解析中", PARSED: "解析完成", ANALYZING: "分析作答中", ANALYZED: "分析完成", DIAGNOSING: "诊断中", DIAGNOSED: "诊断完成", REPORT_GENERATING: "生成报告中", REPORT_GENERATED: "报告已生成", COMPLETED: "完成", FAILED: "失败", CANCELLED: "已取消", EXPIRED: "已超时" },
    outcomes: { waiting: "等待处理", refused: "未被接受", cancelled: "已取消", accepted: "已删除" },
    subjects: { math: "数学", physics: "物理", chemistry: "化学", biology: "生物", history: "历史", geography: "地理", politics: "政治", english: "英语", chinese: "语文", science: "科学", ict: "信息技术" },
  },
  en: {
    other: "中文", leave: "Sign out", key: "API key", enter: "Enter", key_help: "Your administrator makes one; make up prints one, which is also in .redink/dev-key. It is kept in this tab only, and forgotten when it is closed.",
    upload: "Upload a paper", drop: "Drop photos, scans, PDFs or a ZIP here, or click to choose (in page order)", remove: "remove", subject: "Subject", grade: "Grade", title: "Title",
    student_id: "Student id or pseudonym", class_id: "Class", answer_key: "Answer key (JSON, optional)", submit: "Grade it", sending: "Uploading",
    mode: "This is", single: "one paper (files are its pages)", many: "many papers (one per file, or a ZIP)", name: "Name", manifest: "List (JSON or CSV, optional): file,student_id,class_id", number: "No.", progress: "Progress", batch: "Papers uploaded together", batch_of: (n) => `${n} papers`, lang: "en",
    graded_of: (a, b) => `${a} of ${b} questions graded`, papers_together: "Recent batches", papers_of_batch: "The papers", done_of: (a, b) => `${a} of ${b} done`, refused_of: (n) => `, ${n} refused`, class_html: "Class report as page", class_pdf: "Class report as PDF",
    papers: "Recent papers", none: "No papers yet.", created: "Uploaded", status: "Status", more: "More", back: "Back", cancel: "Cancel", retry: "Run again",
    seconds_left: (n) => `about ${n} s left`, score: "Score", review: "to review", to_review: (n) => `${n} to review`, of: (a, b) => `${a} of ${b}`,
    pdf: "Report as PDF", html: "Report as page", json: "Result as JSON", questions: "Question by question", answer: "Answer", correct_answer: "Expected", points: "Knowledge points",
    unread: "could not be read", empty: "(blank)", correct_it: "Correct", save: "Save correction", close: "Cancel", verdict: "Verdict", comment: "Comment", teacher: "corrected by a teacher",
    page: (n) => `Page ${n}`, question: (n) => `Question ${n}`, saved: "Saved. The report is being made anew.", no_files: "Choose files first.", summary: "Diagnosis",
    essay: "Send an essay as text", content: "Essay", prompt: "The task (optional; a length in it is read)", max_score: "Points of the whole", min_length: "Shortest length, in words or Chinese characters (optional)", mistakes: "What to change", suggestions: "Suggestions", corrected: "The essay with these changes", left_out: (n) => `${n} more are not listed.`, characters_long: (n) => `${n} characters`, words_long: (n) => `${n} words`,
    correct: "correct", wrong: "wrong", partial: "partly correct", blank: "blank", ungraded: "not graded",
    review_queue: "Review", what_holds: "What holds", stands: (a) => `It stands: ${a}`, wrote: (a) => `The student wrote ${a}`, it_is_blank: "Nothing was written", something_else: "Something else…", decide: "Decide", leave_it: "Leave to others", previous: "Previous", next: "Next", all: "All",
    nothing_open: "Nothing to review.", look_again: "Look again", no_picture: "There is no picture of this question: open the paper.", place_of: (a, b) => `${a} of ${b}`, taken_until: (time) => `Another teacher has this question, until ${time} at the latest.`, sureness: "Sureness", void_decisions: "Decisions that could not be applied", keys_on: "Keyboard", keys_help: "1–9 choose, Enter decides, j/k next/previous, x leaves it to others",
    reasons: { missing: "not found on the pages: upload the missing page, or photograph it again", unread: "could not be read", low_confidence: "read, but not surely", no_verdict: "no key fits, or wording to be judged", doubtful_verdict: "doubtful verdict" },
    states: { UPLOADED: "uploaded, waiting", OCR_PROCESSING: "being read", OCR_COMPLETED: "read", PARSING: "being parsed", PARSED: "parsed", ANALYZING: "answers being graded", ANALYZED: "graded", DIAGNOSING: "being diagnosed", DIAGNOSED: "diagnosed", REPORT_GENERATING: "report being made", REPORT_GENERATED: "report made", COMPLETED: "completed", FAILED: "failed", CANCELLED: "cancelled", EXPIRED: "expired" },
    outcomes: { waiting: "waiting", refused: "refused", cancelled: "cancelled", accepted: "deleted" },
    subjects: { math: "Mathematics", physics: "Physics", chemistry: "Chemistry", biology: "Biology", history: "History", geography: "Geography", politics: "Politics", english: "English", chinese: "Chinese", science: "Science", ict: "ICT" },
  },
};

let language = localStorage.getItem("language") || (navigator.language.startsWith("zh") ? "zh" : "en");
document.documentElement.lang = language === "zh" ? "zh-CN" : "en";

export const t = (name, ...values) => {
  const word = WORDS[language][name];
  return typeof word === "function" ? word(...values) : word;
};
export const names = (group) => WORDS[language][group];
export const locale = () => (language === "zh" ? "zh-CN" : "en");

export function switchLanguage() {
  localStorage.setItem("language", language === "zh" ? "en" : "zh");
  location.reload();
}
