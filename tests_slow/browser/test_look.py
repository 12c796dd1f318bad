def test_pictures(open_page, screenshots):
    page = open_page("")
    page.pdf(path=screenshots / "print.pdf", prefer_css_page_size=True)
    page = open_page("units/luc_ngan")
    page.pdf(path=screenshots / "print-unit.pdf", prefer_css_page_size=True)
    for name, path in {"page":"", "unit":"units/so_y_te", "alerts":"alerts", "deliveries":"deliveries"}.items():
        for width in (1280, 390):
            page = open_page(path, width)
            page.screenshot(path=screenshots / f"{name}-{width}.png", full_page=True, clip={"x":0,"y":0,"width":width,"height":1400})
