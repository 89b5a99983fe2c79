"""Any script is shaped, in the right order, and nothing is drawn as an empty box."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.shaping import Line, clean, shape

NAMES = {
    "Latin": "Zoë Łukasiewicz-Ångström ffi",
    "decomposed": "Zoe\u0308 Nguye\u0302\u0303n",
    "Greek": "Ελένη Παπαδοπούλου",
    "Cyrillic": "Наталія Ковальчук",
    "Arabic": "عبد الرحمن الشريف",
    "Persian": "می\u200cخواهم",
    "Urdu": "محمد ٹیپو ڈاکٹر",
    "Hebrew": "שָׁלוֹם בן־דוד",
    "Hindi": "श्रीकृष्ण क्षत्रिय प्रज्ञा र्कि",
    "Bengali": "ক্ষুদ্র রবীন্দ্র",
    "Gujarati": "ગુજરાતી ક્ષ",
    "Punjabi": "ਗੁਰਪ੍ਰੀਤ",
    "Tamil": "தமிழ் கொடி",
    "Telugu": "శ్రీనివాస్",
    "Kannada": "ಶ್ರೀನಿವಾಸ",
    "Malayalam": "ശ്രീകുമാർ",
    "Oriya": "ଶ୍ରୀକୃଷ୍ଣ",
    "Sinhala": "ශ්‍රී ලංකා",
    "Thai": "น้ำผึ้ง กิตติศักดิ์",
    "Lao": "ສະບາຍດີ",
    "Khmer": "ខ្ញុំ ស្រី",
    "Burmese": "ကျော်ကျော် မြန်မာ",
    "Georgian": "ნინო ბერიძე",
    "Armenian": "Արամ Խաչատրյան",
    "Amharic": "አበበ ቢቂላ",
    "Dhivehi": "މުޙައްމަދު",
    "Chinese": "欧阳娜娜 歐陽",
    "Japanese": "山田 太郎 さくら カナ、「々」",
    "Korean": "김민수",
    "emoji": "🎟️🎉 👩‍👩‍👧 🇩🇪 👍🏽 ❤️",
    "mixed": "Mr علي with 王 and नमस्ते 😀",
}


def glyph_ids(line: Line) -> list[int]:
    return [glyph.id for run in line.runs for glyph in run.glyphs]


def drawn(line: Line) -> str:
    return "".join(glyph.text for run in line.runs for glyph in run.glyphs)


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("script", NAMES)
def test_every_script_has_its_glyphs(script: str, bold: bool) -> None:
    line = shape(clean(NAMES[script]), bold)
    assert 0 not in glyph_ids(line)
    assert "?" not in drawn(line)
    assert line.width > 0


@pytest.mark.parametrize("script", NAMES)
def test_copying_gives_every_character_back(script: str) -> None:
    text = clean(NAMES[script])
    assert sorted(drawn(shape(text))) == sorted(text)


@given(st.text())
def test_any_text_is_shaped_without_a_missing_glyph(text: str) -> None:
    assert 0 not in glyph_ids(shape(clean(text)))


def test_what_no_typeface_has_is_drawn_as_a_question_mark_and_copied_as_it_was() -> None:
    line = shape("a\U00012000")
    assert glyph_ids(line) == glyph_ids(shape("a?"))
    assert drawn(line) == "a\U00012000"


def test_letters_in_fancy_dress_are_drawn_plain() -> None:
    assert glyph_ids(shape("𝓐𝓭𝓪")) == glyph_ids(shape("Ada"))


def test_control_characters_vanish_and_lone_surrogates_become_question_marks() -> None:
    assert clean("A\x00d\x07a\u202e\r\nBcc:\t\ud800") == "Ada Bcc: ?"


def test_a_tower_of_marks_is_cut_down() -> None:
    assert clean("Z" + "\u0301" * 40) == "Z\u0301\u0301\u0301"


def test_numbers_and_brackets_keep_their_order_inside_arabic() -> None:
    line = shape("علي (VIP 12)", right_to_left=True)
    # From left to right: the bracketed part, then the name from its last letter. The bracket that
    # closes comes first and is drawn turned around.
    assert drawn(line) == ")VIP 12( يلع"
    assert glyph_ids(line)[0] == glyph_ids(shape("("))[0]


def test_a_joiner_does_not_break_a_word_in_two() -> None:
    line = shape("می\u200cخواهم (x)", right_to_left=False)
    assert len([run for run in line.runs if run.typeface.name.startswith("NotoSansArabic")]) == 1


def test_arabic_letters_join() -> None:
    joined = glyph_ids(shape("علي", right_to_left=True))
    apart = [glyph for letter in "يلع" for glyph in glyph_ids(shape(letter, right_to_left=True))]
    assert joined != apart


def test_a_family_of_emoji_is_one_glyph() -> None:
    assert len(glyph_ids(shape("👩‍👩‍👧"))) == 1
