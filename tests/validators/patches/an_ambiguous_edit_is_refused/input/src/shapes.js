class Circle {
    area() {
        return 0;
    }
}

class Square {
    area() {
        return 0;
    }
}
