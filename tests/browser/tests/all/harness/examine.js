// Looks a page over and returns what is wrong with it, in words. Its argument is the language that it should be in.
const wrong = [];
const check = (fits, problem) => { if (!fits) wrong.push(problem); };
const all = (selector) => [...document.querySelectorAll(selector)];
const shown = (element) => element.getClientRects().length > 0;
const text = (element) => element.innerText.replace(/\s+/g, ' ').trim();
const tag = (element) => element.cloneNode(false).outerHTML;

check(document.documentElement.lang === arguments[0], `lang is ${document.documentElement.lang}`);
check(document.title.trim() !== '', 'there is no title');
check(document.querySelector('meta[name=viewport]'), 'there is no viewport for phones');
check(all('main').length === 1, `${all('main').length} main landmarks`);
check(all('h1').length === 1 && text(all('h1')[0]) !== '', `${all('h1').length} headings of level 1`);
const levels = all('h1, h2, h3, h4').map((heading) => Number(heading.tagName[1]));
check(levels.every((level, at) => level <= (levels[at - 1] ?? 0) + 1), `headings skip a level: ${levels}`);

for (const field of all('input:not([type=hidden]), select, textarea')) {
    check([...field.labels].some((label) => text(label) !== ''), `no label: ${tag(field)}`);
}
for (const control of all('a, button')) {
    check(control.textContent.trim() !== '', `nothing written on ${tag(control)}`);
}
for (const image of all('img')) check(image.hasAttribute('alt'), `no alternative text: ${tag(image)}`);
for (const element of all('[aria-describedby]')) {
    const ids = element.getAttribute('aria-describedby').split(/\s+/);
    check(ids.every((id) => document.getElementById(id)), `described by nothing: ${tag(element)}`);
}
const ids = all('[id]').map((element) => element.id);
check(new Set(ids).size === ids.length, `an id twice: ${ids}`);

check(all('script:not([src])').length === 0, 'an inline script');
for (const element of all('*')) {
    const names = element.getAttributeNames();
    check(!names.some((name) => name.startsWith('on') || name === 'style'), `inline script or style: ${tag(element)}`);
}
check(document.styleSheets.length > 0 && [...document.styleSheets].every((sheet) => sheet.cssRules.length > 0),
    'a style sheet is missing');

const width = document.documentElement.scrollWidth;
check(width <= innerWidth, `${width} pixels wide on a screen of ${innerWidth}`);
for (const control of all('button, input, select, textarea, a.button').filter(shown)) {
    check(control.matches('[type=radio], [type=checkbox]') || control.getBoundingClientRect().height >= 44,
        `too low for a finger: ${tag(control)}`);
}

// WCAG 2.2, 1.4.3: text stands out from what is behind it by 4.5 to 1, large text by 3 to 1.
const colour = (css) => css.match(/[\d.]+/g).map(Number);
const luminance = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
        const background = colour(getComputedStyle(at).backgroundColor);
        if (background.length < 4 || background[3] > 0) return background;
    }
    return [255, 255, 255];
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === '' || !shown(element) || element.closest('.skip')) continue;
    const style = getComputedStyle(element);
    const [light, dark] = [luminance(colour(style.color)), luminance(behind(element))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const contrast = (light + 0.05) / (dark + 0.05);
    check(contrast >= (large ? 3 : 4.5), `contrast ${contrast.toFixed(2)}: ${text(element)}`);
    check(size >= 13, `text of ${size} pixels: ${text(element)}`);
}
return wrong;
