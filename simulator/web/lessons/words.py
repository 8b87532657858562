"""The texts around the lessons."""

from __future__ import annotations

from typing import Final

from simulator.web.words import Text, Words

WORDS: Final[Words] = {
    "page.lessons": Text("Lessons", "课程"),
    "lessons.intro": Text("Each lesson runs the real parts and asks about what they did: the right answers come from there.", "每一课都运行真实的部件，并就发生的事提问：正确答案由此得出。"),
    "lessons.list": Text("All lessons", "全部课程"),
    "lessons.minutes": Text("{count} minutes", "{count} 分钟"),
    "lessons.done": Text("{right} of {count} right at once", "{count} 题中 {right} 题一次答对"),
    "lessons.begun": Text("question {number} of {count}", "第 {number} 题，共 {count} 题"),
    "lessons.choose": Text("Choose a lesson.", "请选择一课。"),
    "lessons.runs": Text("The parts run …", "部件正在运行……"),
    "lessons.question": Text("Question {number} of {count}", "第 {number} 题，共 {count} 题"),
    "lessons.answer": Text("Your answer", "你的答案"),
    "lessons.check": Text("Answer", "回答"),
    "lessons.hint": Text("Hint", "提示"),
    "lessons.skip": Text("Skip", "跳过"),
    "lessons.skipped": Text("Skipped. The answer is {answer}.", "已跳过。答案是 {answer}。"),
    "lessons.right": Text("Right: {answer}", "正确：{answer}"),
    "lessons.wrong": Text("Not quite.", "不太对。"),
    "lessons.end": Text("That was the lesson: {right} of {count} questions right at once.", "本课结束：{count} 题中 {right} 题一次答对。"),
    "lessons.next": Text("Next lesson: {title}", "下一课：{title}"),
    "lessons.again": Text("Take it again", "再学一遍"),
}  # fmt: skip
"""Texts around the lessons."""
