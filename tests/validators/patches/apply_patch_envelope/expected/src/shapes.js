class Circle {
    area() {
        return 0;
    }
}

class Square {
    area() {
        return this.side ** 2;
    }
}
