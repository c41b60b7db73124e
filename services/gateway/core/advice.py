"""What the API says about a photo that could be better, in the languages of those who take them."""

from typing import Literal, get_args

AdviceCode = Literal["blurred", "dark", "low_contrast", "too_small", "blank"]
CODES = get_args(AdviceCode)

_TEXTS: dict[AdviceCode, tuple[str, str]] = {
    "blurred": ("图片模糊，请对焦后重新拍照", "is blurred: hold still, let it focus and retake it"),
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
