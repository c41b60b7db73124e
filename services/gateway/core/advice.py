"""What the API says about a photo that could be better, in the languages of those who take them."""

from typing import Literal, get_args

AdviceCode = Literal["blurred", "motion_blur", "glare", "dark", "low_contrast", "too_small", "blank"]
CODES = get_args(AdviceCode)
KinCode = Literal["same_file", "same_student"]
"""What two papers of a batch have in common, and should not."""

_TEXTS: dict[AdviceCode, tuple[str, str]] = {
    "blurred": ("图片模糊，请对焦后重新拍照", "is blurred: hold still, let it focus and retake it"),
    "motion_blur": (
        "图片因抖动而模糊，请拿稳手机后重新拍照",
        "was moved while it was taken: hold the phone still and retake it",
    ),
    "glare": (
        "有反光，部分字迹看不清，请避开灯光后重新拍照",
        "has glare over its writing: turn it away from the light and retake it",
    ),
    "dark": ("图片过暗，请在明亮处重新拍照", "is too dark: retake it in better light"),
    "low_contrast": (
        "字迹与纸张对比太弱，请改善光线后重新拍照",
        "is faint: retake it in better light, or scan it darker",
    ),
    "too_small": (
        "分辨率过低，请靠近拍摄或使用原图",
        "has too few pixels: retake it from nearer, or send the original",
    ),
    "blank": ("没有内容，请确认是否拍到了试卷", "is blank: check that it is the right page, the right side up"),
}


def sentence(code: AdviceCode, page: int | None, file: int, locale: str) -> str:
    """One piece of advice; Chinese for a Chinese locale, else English."""
    chinese, english = _TEXTS[code]
    if locale.lower().startswith("zh"):
        return f"第 {page} 页{chinese}。" if page else f"第 {file} 个文件中有一页{chinese}。"
    return f"Page {page} {english}." if page else f"A page of file {file} {english}."


def kin_sentence(code: KinCode, paper: int, file: int, locale: str) -> str:
    """What a paper has in common with an earlier one of its batch, by that one's number."""
    chinese = locale.lower().startswith("zh")
    if code == "same_file":
        if chinese:
            return f"第 {file} 个文件与第 {paper} 份试卷中的文件完全相同：如属重复上传，请取消其中一份。"
        return (
            f"File {file} is the same as one of paper {paper}, byte for byte: if it was sent twice, cancel one of them."
        )
    if chinese:
        return f"与第 {paper} 份试卷是同一名学生：如为同一份试卷的几页，请放在同一文件夹中，或在名单中填相同的“试卷”，再重新上传。"
    return (
        f"Paper {paper} is of the same student: if these are pages of one paper, put them into one folder, or give them"
        " one name under 'paper' in the manifest, and upload them again."
    )
