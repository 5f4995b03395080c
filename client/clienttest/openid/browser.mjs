// A person at a browser: goes from page to page until there is nothing left to press,
// and prints {"url", "title", "text"} of the last one.
//
// usage: node browser.mjs CHROMIUM URL NAME [CODE]
//
// NAME is what a login form is filled in with, CODE what a form that asks for a code is.
// With NAME as deny: the person cancels as soon as that can be done.
import { chromium } from 'playwright-core';

const [executablePath, start, name, code] = process.argv.slice(2);
const denies = name === 'deny:';
// The program under test answers there; its page is the end, whatever can be pressed on it.
const parameters = new URL(start).searchParams;
const callback = parameters.get('redirectUrl') ?? parameters.get('redirect_uri');
const back = callback && new URL(callback).origin;
const browser = await chromium.launch({
  executablePath,
  headless: true,
  args: [
    '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-sync',
    '--disable-background-networking', '--disable-component-update',
    // Synapse's pages name a picture elsewhere; nothing may leave this machine.
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  ],
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(20000);
  await page.goto(start);
  for (let pages = 0; ; pages++) {
    if (pages === 12) throw new Error(`no end after ${pages} pages: ${page.url()}`);
    if (back && new URL(page.url()).origin === back) break;
    if (await page.locator('input[name=login]').count()) {
      await page.fill('input[name=login]', name);
      await page.fill('input[name=password]', 'x');
    }
    if (code && await page.locator('input[name=user_code][type=text]').count()) await page.fill('input[name=user_code]', code);
    const cancel = page.locator('button[name=abort], a[href$="/abort"]').first();
    const onward = page.locator('button[type=submit]:not([name=abort]), button[autofocus], a.primary-button').first();
    const denied = denies && await cancel.count();
    const next = denied ? cancel : onward;
    if (!(await next.count())) break;
    await Promise.all([page.waitForNavigation(), next.click()]);
    await page.waitForLoadState('load');
    if (denied) break;
  }
  console.log(JSON.stringify({ url: page.url(), title: await page.title(), text: await page.innerText('body') }));
} finally {
  await browser.close();
}
